import Contracts
import Foundation
import TronKit

/// The operator's list of products:
/// `{"products": [{"id": "1h", "duration_seconds": 3600, "sun_per_energy": 60, "energy_min": 32000,
/// "energy_max": 10000000}]}`.
enum ProductFile {
  /// Throws every mistake of the file at once, each with the product it is in.
  static func parse(_ data: Data) throws(ProductMistakes) -> ProductCatalogue {
    let tree: Any
    do {
      tree = try JSONSerialization.jsonObject(with: data)
    } catch {
      throw ProductMistakes(list: ["it is not JSON; write {\"products\": […]}"])
    }
    guard let list = (tree as? [String: Any])?["products"] as? [Any] else {
      throw ProductMistakes(list: ["it has no list \"products\"; write {\"products\": […]}"])
    }
    var mistakes: [String] = []
    let products = list.enumerated().compactMap { read($0.element, number: $0.offset + 1, &mistakes) }
    guard mistakes.isEmpty else { throw ProductMistakes(list: mistakes) }
    return try ProductCatalogue(checking: products)
  }

  private static let names: Set<String> = [
    "id", "duration_seconds", "sun_per_energy", "energy_min", "energy_max",
  ]

  private static func read(_ item: Any, number: Int, _ mistakes: inout [String]) -> Product? {
    guard let fields = item as? [String: Any] else {
      mistakes.append("product \(number) is not an object")
      return nil
    }
    var found: [String] = []
    for name in fields.keys.sorted() where !names.contains(name) {
      found.append("product \(number): '\(name.prefix(40))' is not a field of a product")
    }
    func whole(_ name: String) -> Int64 {
      // NSNumber bridges from 1.5 and true as well; Int64 through its text takes whole numbers only.
      guard let value = fields[name] as? NSNumber, let number = Int64(value.stringValue) else {
        found.append("product \(number): give \(name) as a whole number")
        return 0
      }
      return number
    }
    let id = fields["id"] as? String
    if id == nil { found.append("product \(number): give id as a text") }
    let product = Product(
      id: id ?? "", durationSeconds: whole("duration_seconds"), sunPerEnergy: whole("sun_per_energy"),
      energyMin: Energy(whole("energy_min")), energyMax: Energy(whole("energy_max")))
    mistakes += found
    return found.isEmpty ? product : nil
  }
}
