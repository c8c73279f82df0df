import BusKit
import Contracts
import Crypto
import Foundation
import TronKit

/// What the service's parts share: the world outside and the secrets.
struct TxEnvironment: Sendable {
  let nodes: TronNodePool
  let signer: Signer
  let sealing: SealingKeyFile
  /// Shared with order-svc (I13).
  let orderKey: SymmetricKey
  var limits = SigningLimits()
  /// How often all of a wallet's figures are read from the chain; what it can lend is read sooner when it is wanted.
  var walletRefresh: Duration = .seconds(300)
  /// By how much the network's stake may move between two readings before that is called a jump.
  var jumpPercent: Int64 = 5
  /// Hour and minute of the day, in UTC, of the full comparison with the chain.
  var reconcileAt = (hour: 3, minute: 10)
  /// Between two steps of it, each of at most 22 calls.
  var reconcilePause: Duration = .seconds(20)
  /// Between the two looks that a difference takes to be believed.
  var ledgerPause: Duration = .seconds(90)
  /// A wallet with more live legs is not compared with the chain.
  var comparedLegsMax = LedgerSnapshot.legsMax
  /// No delegation is signed on a head that is older than this by Postgres' clock. Reclaims are: they bring stake home.
  var headAgeMax: Duration = .seconds(30)
  var deposits = DepositRules()
  /// How many solid blocks are kept on record, to be compared.
  var chainRecordBlocks: Int64 = 3 * 28_800
  let ratio = NetworkRatio()
  let snapshots = LookUps(OrderSnapshot.read)
  let sendable = LookUps(TransactionSnapshot.read)
  let witnessed = WitnessedTime()
  /// Whether the followed head may be signed on.
  let headGate = HeadGate()
  /// Of the nodes that have a quota.
  var budgets: [SharedRequestBudget] = []
  /// Only makes otherwise equal transactions distinct; nothing is decided by it.
  var timestampMs: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }

  /// What the signer obeys.
  var rules: SigningRules { SigningRules(limits: limits, orderKey: orderKey) }
}
