/// What a transaction cost, as its TransactionInfo reports it.
struct Receipt: Sendable, Equatable {
  /// All TRX burned, in sun.
  var fee: Int64 = 0
  /// Bandwidth used up.
  var netUsage: Int64 = 0
  /// sun burned for bandwidth
  var netFee: Int64 = 0
}
