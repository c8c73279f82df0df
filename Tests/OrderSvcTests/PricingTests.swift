import BusKit
import Contracts
import Foundation
import Testing
import TronKit

@testable import OrderSvc

@Suite("Prices")
struct PricingTests {
  @Test("a rental costs its energy times the product's sun per energy", arguments: [
    (65_000, 3_600, 3_900_000), (131_000, 3_600, 7_860_000), (65_000, 86_400, 5_850_000), (32_000, 259_200, 6_720_000),
    (10_000_000, 259_200, 2_100_000_000),
  ] as [(Int64, Int64, Int64)])
  func price(_ energy: Int64, _ seconds: Int64, _ sun: Int64) throws {
    let quote = try ProductCatalogue.standard.quote(energy: Energy(energy), durationSeconds: seconds).get()
    #expect(quote.price == Sun(sun))
  }

  @Test("what is not for sale has a reason", arguments: [
    (65_000, 60, OrderFailure.unknownProduct), (31_999, 3_600, .energyOutOfRange),
    (10_000_001, 3_600, .energyOutOfRange),
    (-1, 3_600, .energyOutOfRange), (Int64.max, 86_400, .energyOutOfRange),
  ] as [(Int64, Int64, OrderFailure)])
  func refusal(_ energy: Int64, _ seconds: Int64, _ reason: OrderFailure) {
    #expect(ProductCatalogue.standard.quote(energy: Energy(energy), durationSeconds: seconds) == .failure(reason))
  }

  @Test("a partial delivery is charged in proportion, rounded down, never beyond the price", arguments: [
    (3_900_000, 65_000, 65_000, 3_900_000), (3_900_000, 65_000, 65_650, 3_900_000), (100, 3, 1, 33), (100, 3, 2, 66),
    (100, 3, 0, 0), (Int64.max, Int64.max, Int64.max - 1, Int64.max - 1),
  ] as [(Int64, Int64, Int64, Int64)])
  func charge(_ price: Int64, _ ordered: Int64, _ delivered: Int64, _ expected: Int64) {
    #expect(
      Pricing.charge(price: Sun(price), ordered: Energy(ordered), delivered: Energy(delivered)) == Sun(expected))
  }

  @Test("a price beyond 64 bits is an error, not a wrong number")
  func overflow() {
    let product = Product(
      id: "x", durationSeconds: 1, sunPerEnergy: Int64.max / 2, energyMin: Energy(1), energyMax: Energy(10))
    #expect(throws: AmountError.self) { try Pricing.price(Energy(3), of: product) }
  }

  @Test("an order is refused for the first rule that it breaks", arguments: [
    (true, Int64(10_000_000), Int64(65_000), OrderFailure?.some(.expired)),
    (false, 3_899_999, 65_000, .priceChanged), (false, 3_900_000, 65_000, nil), (false, 3_900_001, 65_000, nil),
    (false, 10_000_000, 1, .energyOutOfRange),
  ])
  func rules(_ isExpired: Bool, _ most: Int64, _ energy: Int64, _ refusal: OrderFailure?) throws {
    let command = PlaceOrder(
      order: .make(), customer: .random(), origin: .rest,
      receiver: try TronAddress(parsing: "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"), energy: Energy(energy),
      durationSeconds: 3_600, priceMax: Sun(most))
    #expect(PlacementRules.check(command, catalogue: .standard, isExpired: isExpired).refusal == refusal)
  }

  @Test("nobody rents energy for the zero address")
  func zeroReceiver() {
    let command = PlaceOrder(
      order: .make(), customer: .random(), origin: .rest, receiver: .zero, energy: Energy(65_000),
      durationSeconds: 3_600, priceMax: nil)
    #expect(PlacementRules.check(command, catalogue: .standard, isExpired: false).refusal == .receiverNotAllowed)
  }

  @Test("a rental ends at a whole second, never early, and the same after a journey over the bus", arguments: 0..<200)
  func end(_ step: Int) throws {
    let start = Date(timeIntervalSince1970: 1_790_000_000 + Double(step) * 1.237)
    let end = RentalPeriod.end(startedAt: start, durationSeconds: 10)
    #expect(end.timeIntervalSince(start) >= 10 - 0.000_001)
    #expect(end.timeIntervalSince(start) < 11)
    #expect(try MessageCoder.decode([Date].self, from: try MessageCoder.encode([end])) == [end])
  }

  @Test("a rental from a whole second on is exactly as long as was paid")
  func exactEnd() {
    let start = Date(timeIntervalSince1970: 1_790_000_001)
    #expect(RentalPeriod.end(startedAt: start, durationSeconds: 3_600) == Date(timeIntervalSince1970: 1_790_003_601))
  }
}
