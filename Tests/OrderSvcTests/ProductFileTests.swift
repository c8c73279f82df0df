import Contracts
import Foundation
import Testing
import TronKit

@testable import OrderSvc

@Suite("The list of products")
struct ProductFileTests {
  @Test("is read from JSON, and sorted by duration")
  func read() throws {
    let text = """
      {"products": [
        {"id": "1h", "duration_seconds": 3600, "sun_per_energy": 60, "energy_min": 32000, "energy_max": 10000000},
        {"id": "10s", "duration_seconds": 10, "sun_per_energy": 30, "energy_min": 1000, "energy_max": 200000}]}
      """
    let catalogue = try ProductFile.parse(Data(text.utf8))
    #expect(catalogue.products.map(\.id) == ["10s", "1h"])
    #expect(
      try catalogue.quote(energy: Energy(65_000), durationSeconds: 10).get().price == Sun(1_950_000))
  }

  @Test("names every mistake at once")
  func mistakes() throws {
    let text = """
      {"products": [
        {"id": "a", "duration_seconds": 0, "sun_per_energy": 0, "energy_min": 10, "energy_max": 5},
        {"id": "a", "duration_seconds": 0, "sun_per_energy": 9000000000000000000, "energy_min": 1, "energy_max": 100}]}
      """
    let thrown = #expect(throws: ProductMistakes.self) { try ProductFile.parse(Data(text.utf8)) }
    let list = try #require(thrown).list
    #expect(list.count == 7)
    let words = [
      "duration_seconds is 0", "sun_per_energy is 0", "energy_min is 10", "64 bits", "given twice", "lasts 0 s",
    ]
    for word in words {
      #expect(list.contains { $0.contains(word) }, "\(word)")
    }
  }

  @Test("refuses what has another form", arguments: [
    "", "[]", "{\"products\": {}}", "{\"products\": []}", "{\"products\": [1]}",
    #"{"products": [{"id": "a", "duration_seconds": 1.5, "sun_per_energy": 1, "energy_min": 1, "energy_max": 2}]}"#,
    #"{"products": [{"id": "a", "duration": 1, "sun_per_energy": 1, "energy_min": 1, "energy_max": 2}]}"#,
  ])
  func form(_ text: String) {
    #expect(throws: ProductMistakes.self) { try ProductFile.parse(Data(text.utf8)) }
  }
}
