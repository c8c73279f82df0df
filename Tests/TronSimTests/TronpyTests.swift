import TestKit
import Testing

@testable import TronSim

/// Somebody else's client against the simulator: what both would get wrong in the same way, this does not.
struct TronpyTests {
  @Test func `tronpy lends, uses USDT, takes back and restricts a key`() async throws {
    try await RunningNode.with(intervalMs: 40) { running in
      let (supplier, customer) = (try running.key("supplier"), try running.key("customer"))
      let hot = KeyPair.random()
      let input: JSON = [
        "url": .string(running.url), "supplier": .string(Hex.encode(supplier.privateKey)),
        "customer": .string(Hex.encode(customer.privateKey)), "hot": .string(Hex.encode(hot.privateKey)),
      ]
      let output = try await Python.run("tronpy_client.py", input: input.text, limit: .seconds(120))
      let seen = try JSONParser.parse(Array(output.utf8))

      // The memo's 1 TRX and the activation's; the bandwidth is staked.
      #expect(seen["transfer"] == ["fee": 2_000_000, "balance": 7_000_000])
      // 950 less what the new stake takes from everybody's share.
      #expect(seen["frozen_energy"]?.int == 949)
      #expect(seen["can_delegate"]?.int == 5_000_100_000_000)
      #expect(seen["customer_energy"]?.int == 66_499)
      #expect(
        seen["delegated"] == [
          [
            "from": .string(supplier.address.base58), "to": .string(customer.address.base58),
            "frozen_balance_for_energy": 7_000_000_000,
          ]
        ])
      #expect(seen["index"] == true)
      let tooMuch = seen["too_much"]?.string ?? ""
      #expect(tooMuch.hasSuffix("delegateBalance must be less than or equal to available FreezeEnergyV2 balance"))

      #expect(seen["token"] == ["USDT", "Tether USD", 6])
      #expect(seen["estimate"]?.int == TokenEnergy.transfer + TokenEnergy.slotFilled)
      // 66,499 energy are lent to the customer; the rest is burned at 100 sun.
      #expect(seen["transfer_receipt"]?["energy_usage_total"]?.int == 130_285)
      #expect(seen["transfer_receipt"]?["energy_usage"]?.int == 66_499)
      #expect(seen["transfer_receipt"]?["energy_fee"]?.int == 6_378_600)
      #expect(seen["transfer_receipt"]?["result"] == "SUCCESS")
      #expect(seen["transfer_log"]?[0]?["address"]?.string == Genesis.mainnetUSDT.base58)
      #expect(seen["transfer_log"]?[0]?["data"]?.string?.hasSuffix("4c4b40") == true)
      #expect(seen["balances"] == [5_000_000, 995_000_000])
      #expect(seen["overdrawn"]?.string == "REVERT opcode executed")
      #expect(seen["allowance"] == 3)

      #expect(seen["after"] == [:])
      #expect(seen["unfrozen"]?.int == 40_000_000)
      #expect(seen["early"]?.string == "Contract validate error : no unFreeze balance to withdraw ")

      #expect(seen["permission_fee"]?.int == 100_000_000)
      #expect(seen["hot_delegated"]?[0]?["frozen_balance_for_energy"]?.int == 10_000_000)
      #expect(seen["hot_transfer"]?.string == "Validate signature error: Permission denied")
    }
  }
}
