import Contracts
import TronKit

/// What the chain says has happened to our addresses, read from the simulator's own book of what was signed.
struct DepositTruth: Sendable {
  enum Verdict: Hashable, Sendable { case credited(CustomerID), held, funding }

  struct Deposit: Hashable, Sendable {
    let address: TronAddress
    let money: Money
    let verdict: Verdict
  }

  /// By transaction: each moves one thing.
  var deposits: [String: Deposit] = [:]
  /// What our own addresses signed: never a deposit.
  var ownTransactions: Set<String> = []
  /// What must be on chain by the books: what is there, less what was too little to be told.
  var custody: [String: Int64] = [:]
  /// The last block with a transaction of these people.
  var lastBlock: Int64 = 0

  private static let minimum: Int64 = 1_000_000

  private struct Move {
    let from: TronAddress
    let to: TronAddress
    let money: Money
    let isByContract: Bool
  }

  static func read(_ stage: DepositStage) async throws -> DepositTruth {
    var truth = DepositTruth()
    let (cast, owners) = (stage.cast, stage.owners)
    let spare = try (0..<500).map { try cast.tree.publicKey.child($0).address }
    let deposits = Set(spare).union(owners.keys)
    let ours = deposits.union([cast.treasury.address])
    var dust: [String: Int64] = [:]
    func place(_ address: TronAddress) -> String {
      deposits.contains(address) ? "custody:deposits" : "custody:treasury"
    }
    let signers = cast.strangers.map(\.address) + [cast.spender.address, cast.treasury.address] + Array(owners.keys)
    for signer in signers {
      for entry in try await stage.sim.transactions(of: signer) {
        truth.lastBlock = max(truth.lastBlock, entry.block)
        if ours.contains(signer) { truth.ownTransactions.insert(entry.txid) }
        guard let move = try move(entry, by: signer, cast), ours.contains(move.to), !ours.contains(move.from) else {
          continue
        }
        guard move.money.amount >= minimum else {
          dust["\(move.money.currency.rawValue) \(place(move.to))", default: 0] += move.money.amount
          continue
        }
        let verdict: Verdict =
          move.to == cast.treasury.address
          ? .funding : move.isByContract ? .held : owners[move.to].map { .credited($0) } ?? .held
        truth.deposits[entry.txid] = Deposit(address: move.to, money: move.money, verdict: verdict)
      }
    }
    for address in ours {
      let account = try await stage.sim.account(address)
      truth.custody["TRX \(place(address))", default: 0] += account.trx ?? 0
      truth.custody["USDT \(place(address))", default: 0] += account.usdt
    }
    for (account, amount) in dust { truth.custody[account, default: 0] -= amount }
    return truth
  }

  /// nil: nothing that has a value moves.
  private static func move(_ entry: Simulator.Entry, by signer: TronAddress, _ cast: DepositCast) throws -> Move? {
    guard entry.result == "SUCCESS" else { return nil }
    if entry.type == "TransferContract", let to = entry.value.to_address, let amount = entry.value.amount {
      return Move(
        from: signer, to: try TronAddress(parsing: to), money: Money(amount, .trx), isByContract: false)
    }
    guard let contract = entry.value.contract_address else { return nil }
    let data = try Hex.decode(entry.value.data ?? "")
    switch try TronAddress(parsing: contract) {
    case cast.forwarder:
      return Move(
        from: cast.forwarder, to: try TokenABI.receiver(data), money: Money(entry.value.call_value ?? 0, .trx),
        isByContract: true)
    case USDT.mainnet:
      switch try TokenABI.call(data) {
      case .transfer(let to, let amount):
        return Move(from: signer, to: to, money: Money(amount, .usdt), isByContract: false)
      case .transferFrom(let from, let to, let amount):
        return Move(from: from, to: to, money: Money(amount, .usdt), isByContract: false)
      default: return nil
      }
    default: return nil
    }
  }
}
