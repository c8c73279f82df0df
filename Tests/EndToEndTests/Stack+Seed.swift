import Contracts
import Crypto
import Foundation
import TestKit

/// Wallets to lend from, and customers: all through energyctl, as an operator does it.
extension Stack {
  func addSuppliers() async throws {
    for number in 1...2 {
      try await energyctl(
        "supplier", "add", "--key-file", "\(folder.path)/tron-sim/suppliers/\(number).key", "--actor", "test",
        "--reason", "test", "--key", "supplier-\(number)")
    }
  }

  /// A new client of the REST API with that much money.
  func shopper(trx: Int) async throws -> Shopper {
    let output = try await energyctl(
      "client", "create", "--name", "shop", "--json", "--actor", "test", "--reason", "test")
    guard let line = output.split(separator: "\n").first(where: { $0.hasPrefix("{") }) else {
      throw StackError("energyctl client create printed no JSON: \(output)")
    }
    let json = try JSON(parsing: Array(line.utf8))
    let customer = CustomerID(text: json["customer"].string)
    if trx > 0 {
      try await energyctl(
        "credit", "--customer", customer.text, "--trx", "\(trx)", "--actor", "test", "--reason", "test")
    }
    return Shopper(customer: customer, api: api("gateway", bearer: json["api_key"].string))
  }

  /// A new person in the chat with that much money.
  func person(language: String, trx: Int) async throws -> Person {
    let id = Int64.random(in: 2_000_000...2_000_000_000)
    if trx > 0 {
      try await energyctl(
        "credit", "--telegram-user", "\(id)", "--trx", "\(trx)", "--actor", "test", "--reason", "test")
    }
    let api = api("telegram-sim")
    try await api.post("/sim/chats", ["user_id": id, "first_name": "Ann", "language_code": language])
    let customer = CustomerID.telegram(
      userID: id, installationSecret: SymmetricKey(data: Data(folder.installationSecret.utf8)))
    return Person(id: id, customer: customer, api: api)
  }
}
