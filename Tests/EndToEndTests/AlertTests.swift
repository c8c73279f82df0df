import Contracts
import Foundation
import TestKit
import Testing
import TronKit

extension OneStackTests { @Suite struct AlertTests {} }

extension OneStackTests.AlertTests {
  @Test("who turned alerts on is told once that the pool runs low, and once that it has recovered")
  func poolEnergy() async throws {
    let stack = try Stack.current()
    let person = try await stack.person(language: "en", trx: 0)
    try await person.write("/alerts on")
    try await person.message(saying: "Alerts are on")
    try await eventually(within: .seconds(20), "monitor-svc knows the subscriber and a full pool") {
      let subscribers = try await stack.database.number(
        "select count(*) as n from monitor_svc.subscriptions where id = $1", [.text(person.customer.text)])
      let pool = try await stack.database.number(
        "select coalesce(max(available), 0)::bigint as n from monitor_svc.pool")
      return subscribers == 1 && pool > Stack.poolEnergyMin
    }
    // Lends so much for six seconds that what is left is under the threshold.
    let shopper = try await stack.shopper(trx: 1_000)
    let receiver = try await stack.chain.receiver()
    #expect(try await shopper.place(receiver, energy: 19_000_000, seconds: 6).status == 201)
    try await person.message(saying: "Pool energy is low", within: .seconds(30))
    try await person.message(saying: "Pool energy has recovered", within: .seconds(60))
    let texts = try await person.messages().map { $0["text"].string }
    #expect(texts.count { $0.contains("Pool energy is low") } == 1)
    #expect(texts.count { $0.contains("Pool energy has recovered") } == 1)
    let metrics = try await stack.api(.monitor).text("/metrics")
    #expect(metrics.contains("energy_pool_available_energy"))
    try await stack.expectRentals(for: receiver, customer: shopper.customer)
  }
}
