import Contracts
import Foundation
import TronKit

@testable import SessionSvc

/// Values that the tests share.
enum Sample {
  static let customer = CustomerID(text: "cus_0123456789abcdef0123456789abcdef")
  static let now = Date(timeIntervalSince1970: 1_790_000_000)
  static let order = OrderID(text: "ord_0123456789abcdef0123456789abcdef")
  static let otherOrder = OrderID(text: "ord_ffffffffffffffffffffffffffffffff")
  static let receiverText = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"

  static func receiver() throws -> TronAddress { try TronAddress(parsing: receiverText) }

  static func deposit() throws -> DepositAddressView {
    DepositAddressView(address: try receiver(), minimums: [Money(1_000_000, .trx), Money(1_500_000, .usdt)])
  }

  static func product(seconds: Int64 = 3_600) -> Product {
    Product(
      id: "p\(seconds)", durationSeconds: seconds, sunPerEnergy: 60, energyMin: Energy(32_000),
      energyMax: Energy(10_000_000))
  }

  static func prices(_ seconds: [Int64] = [259_200, 3_600, 86_400]) -> PriceList {
    PriceList(products: seconds.map { product(seconds: $0) }, asOf: now)
  }

  static func chain(isActivated: Bool = true, isContract: Bool = false, isStale: Bool = false) throws
    -> ChainAccountView
  {
    ChainAccountView(
      address: try receiver(), trx: Sun(12_500_000), usdt: 3_200_000, energy: Energy(7), bandwidth: 600,
      isActivated: isActivated, isContract: isContract, asOf: now, isStale: isStale)
  }

  static func pool(_ available: [Int64], signing: SetSigning.Mode = .everything) throws -> PoolView {
    PoolView(
      wallets: try available.map {
        PoolView.Wallet(address: try receiver(), available: Energy($0), delegatedStake: .zero, isEnabled: true)
      }, signing: signing)
  }

  static func facts(
    balance: Int64 = 100_000_000, chain: ChainAccountView?, pool: PoolView? = nil
  ) throws -> OfferFacts {
    OfferFacts(
      receiver: try receiver(),
      quote: Quote(product: product(), energy: Energy(65_000), price: Sun(3_900_000)),
      balance: CustomerBalance(available: Sun(balance), held: .zero), chain: chain, pool: pool)
  }

  static func view(
    _ state: OrderState, failure: OrderFailure? = nil, delegate: [TransactionID] = [], reclaim: [TransactionID] = []
  ) throws -> OrderView {
    OrderView(
      id: order, customer: customer, origin: .telegram, receiver: try receiver(), energy: Energy(65_000),
      durationSeconds: 3_600, price: Sun(3_900_000), state: state, failure: failure, delegateTxIDs: delegate,
      reclaimTxIDs: reclaim, createdAt: now, endsAt: now.addingTimeInterval(3_600), updatedAt: now)
  }

  static func transaction(_ byte: UInt8) throws -> TransactionID {
    try TransactionID(bytes: [UInt8](repeating: byte, count: 32))
  }

  static func dialogue(_ conversation: Conversation = Conversation(), at time: Date = now) -> Dialogue {
    Dialogue(conversation, language: .en, customer: customer, now: time)
  }
}

extension Action {
  /// The screen shown, if this shows one.
  var screen: Screen? { if case .show(let screen, _) = self { screen } else { nil } }
  var picture: Screen? { if case .showPicture(let screen) = self { screen } else { nil } }
  var request: LoadRequest? { if case .load(let request, _) = self { request } else { nil } }
}

extension Screen {
  var buttons: [Button] { rows.flatMap { $0 } }
  var data: [String] { buttons.compactMap { if case .data(let data) = $0.action { data } else { nil } } }
  func has(_ data: ButtonData) -> Bool { self.data.contains(data.text) }
}
