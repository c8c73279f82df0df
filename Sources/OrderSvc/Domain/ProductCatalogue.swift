import Contracts
import TronKit

/// What is for sale: one product per duration.
struct ProductCatalogue: Sendable, Equatable {
  /// Prices per unit of energy, in sun. One hour is charged below a day, as the market does.
  static let standard = ProductCatalogue(products: [
    standard("1h", hours: 1, sunPerEnergy: 60),
    standard("1d", hours: 24, sunPerEnergy: 90),
    standard("3d", hours: 72, sunPerEnergy: 210),
  ])

  /// In ascending order of duration.
  let products: [Product]

  private init(products: [Product]) { self.products = products.sorted { $0.durationSeconds < $1.durationSeconds } }

  /// Throws every mistake of the list at once.
  init(checking products: [Product]) throws(ProductMistakes) {
    let mistakes = Self.mistakes(of: products)
    guard mistakes.isEmpty else { throw ProductMistakes(list: mistakes) }
    self.init(products: products)
  }

  /// A price, or the reason why there is none.
  func quote(energy: Energy, durationSeconds: Int64) -> Result<Quote, OrderFailure> {
    guard let product = products.first(where: { $0.durationSeconds == durationSeconds }) else {
      return .failure(.unknownProduct)
    }
    guard energy >= product.energyMin, energy <= product.energyMax else { return .failure(.energyOutOfRange) }
    do {
      return .success(Quote(product: product, energy: energy, price: try Pricing.price(energy, of: product)))
    } catch {
      // A checked catalogue has no such product: its dearest price fits.
      return .failure(.energyOutOfRange)
    }
  }

  private static func standard(_ id: String, hours: Int64, sunPerEnergy: Int64) -> Product {
    Product(
      id: id, durationSeconds: hours * 3600, sunPerEnergy: sunPerEnergy, energyMin: Energy(32_000),
      energyMax: Energy(10_000_000))
  }

  private static let countMax = 50
  /// A year: longer rentals are a mistake of units.
  private static let durationMaxSeconds: Int64 = 366 * 24 * 3600

  private static func mistakes(of products: [Product]) -> [String] {
    var mistakes: [String] = []
    if products.isEmpty { mistakes.append("there is no product; list at least one") }
    if products.count > countMax { mistakes.append("there are \(products.count) products; list at most \(countMax)") }
    for (index, product) in products.enumerated() {
      let name = product.id.isEmpty ? "product \(index + 1)" : "product '\(product.id.prefix(40))'"
      if product.id.isEmpty || product.id.count > 40 { mistakes.append("\(name): give an id of 1 to 40 characters") }
      if !(1...durationMaxSeconds).contains(product.durationSeconds) {
        mistakes.append(
          "\(name): duration_seconds is \(product.durationSeconds); give 1 to \(durationMaxSeconds)")
      }
      if product.sunPerEnergy < 1 {
        mistakes.append("\(name): sun_per_energy is \(product.sunPerEnergy); give at least 1")
      }
      if product.energyMin < Energy(1) || product.energyMin > product.energyMax {
        mistakes.append(
          "\(name): energy_min is \(product.energyMin.value) and energy_max \(product.energyMax.value); "
            + "give 1 ≤ energy_min ≤ energy_max")
      }
      if product.sunPerEnergy.multipliedReportingOverflow(by: product.energyMax.value).overflow {
        mistakes.append("\(name): energy_max × sun_per_energy does not fit 64 bits; give smaller numbers")
      }
      if products[..<index].contains(where: { $0.id == product.id }) {
        mistakes.append("\(name): its id is given twice")
      }
      if products[..<index].contains(where: { $0.durationSeconds == product.durationSeconds }) {
        mistakes.append("\(name): another product lasts \(product.durationSeconds) s too; one product per duration")
      }
    }
    return mistakes
  }
}

/// Everything that is wrong with a list of products.
struct ProductMistakes: Error, Equatable, CustomStringConvertible {
  let list: [String]
  var description: String { list.joined(separator: "; ") }
}
