/// What a transaction cost, as its TransactionInfo reports it.
struct Receipt: Sendable, Equatable {
  /// All TRX burned, in sun.
  var fee: Int64 = 0
  /// Bandwidth used up.
  var netUsage: Int64 = 0
  /// sun burned for bandwidth
  var netFee: Int64 = 0
  /// sun that came free because its waiting time was over
  var withdrawn: Int64 = 0
  /// Of a smart-contract call only.
  var execution: Execution?

  /// Failed calls are in blocks too; everything else that is in a block succeeded.
  var outcome: Execution.Outcome { execution?.outcome ?? .success }
}
