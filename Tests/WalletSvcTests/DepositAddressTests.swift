import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("Deposit addresses on a real bus")
struct DepositAddressTests {
  private let ann = CustomerID(text: "cus_ann")

  @Test("fifty customers at once, each asking twice, get fifty addresses from two replicas, the lowest that are free")
  func race() async throws {
    try await DepositWorld.run(try DepositWorld.settings(), replicas: 2) { world in
      try await world.untilFree(60)
      let found = try await withThrowingTaskGroup(of: (CustomerID, TronAddress?).self) { group in
        for number in 0..<100 {
          let customer = CustomerID(text: "cus_\(number % 50)")
          group.addTask { (customer, try await world.assign(customer)?.address?.address) }
        }
        var found: [CustomerID: Set<TronAddress?>] = [:]
        for try await (customer, address) in group { found[customer, default: []].insert(address) }
        return found
      }
      #expect(found.count == 50)
      #expect(found.values.allSatisfy { $0.count == 1 && !$0.contains(nil) })
      let given = Set(found.values.flatMap { $0 }.compactMap { $0 })
      #expect(given == Set(try DepositWorld.key().addresses(from: 0, count: 50).map(\.address)))
      #expect(try await world.count("deposit_addresses where customer is not null") == 50)
      // And there are as many as before again.
      try await world.untilFree(60)
      let mine = try #require(found[CustomerID(text: "cus_7")]?.first ?? nil)
      #expect(try await world.assign(CustomerID(text: "cus_7"))?.address?.address == mine)
      #expect(try await world.client.ask(GetDepositAddress(customer: CustomerID(text: "cus_7"))).address == mine)
    }
  }

  @Test("none is handed out that is not confirmed as watched; what is not confirmed is asked for again")
  func unconfirmed() async throws {
    let ann = ann
    try await DepositWorld.run(try DepositWorld.settings(), isWatching: false) { world in
      try await eventually(within: .seconds(30), "a first question") { world.watcher.asked.count == 1 }
      #expect(try await world.assign(ann)?.code == "none_ready")
      await #expect(throws: QueryFailure.self) { try await world.client.ask(GetDepositAddress(customer: ann)) }
      #expect(try await world.status().unconfirmed == 60)
      world.watcher.answer(true)
      try await world.untilFree(60)
      #expect(world.watcher.asked.count >= 2)
      #expect(world.watcher.asked.allSatisfy { $0.count == 60 })
      #expect(try await world.assign(ann)?.code == "done")
    }
  }

  @Test("no new one is handed out while a restored ledger is compared; who has one is shown it")
  func recovery() async throws {
    let (ann, bob) = (ann, CustomerID(text: "cus_bob"))
    try await DepositWorld.run(try DepositWorld.settings()) { world in
      try await world.untilFree(60)
      let mine = try await world.address(of: ann)
      try await world.execute("select begin_recovery('test')")
      let (answer, known) = (try await world.assign(bob), try await world.assign(ann))
      #expect(answer?.code == "none_ready" && answer?.address == nil)
      #expect(known?.code == "done" && known?.address?.address == mine)
      try await world.execute("delete from ledger_freezes")
      #expect(try await world.assign(bob)?.code == "done")
    }
  }

  @Test("one without money is asked for again each day, as tx-svc may have lost it, and is as good as before")
  func daily() async throws {
    let ann = ann
    try await DepositWorld.run(try DepositWorld.settings()) { world in
      try await world.untilFree(60)
      let mine = try await world.address(of: ann)
      let before = world.watcher.asked.count
      try await world.execute(
        """
        update deposit_addresses set asked_at = now() - interval '25 hours' where customer is not null
        """)
      try await eventually(within: .seconds(20), "asked for again") {
        world.watcher.asked.dropFirst(before).contains([mine])
      }
      #expect(try await world.count("deposit_addresses where customer is not null and state = 'watched'") == 1)
      #expect(try await world.client.ask(GetDepositAddress(customer: ann)).address == mine)
    }
  }

  @Test("without a key there are none, and everything else works")
  func off() async throws {
    let ann = ann
    var settings = try DepositWorld.settings(account: nil)
    settings.treasury = [USDT.mainnet]
    try await DepositWorld.run(settings) { world in
      #expect(try await world.assign(ann)?.code == "deposits_off")
      try await eventually(within: .seconds(20), "the owner's address is watched") {
        try await world.status().watched == 1
      }
      #expect(try await world.status().isOn == false)
      try await world.client.send(try DepositWorld.found(USDT.mainnet, 5, 1))
      try await world.untilDeposit(1, is: .funding)
      #expect(try await world.sums() == ["custody:treasury TRX": -5, "adjustments TRX": 5])
    }
  }

  @Test("another key is another generation: customers keep what they have, and newcomers get its addresses")
  func generations() async throws {
    let ann = ann
    try await DepositWorld.run(try DepositWorld.settings()) { world in
      try await world.untilFree(60)
      let old = try await world.address(of: ann)
      let next = try DepositWorld.settings(account: 1)
      try await world.alsoServing(next) {
        let bob = CustomerID(text: "cus_bob")
        let key = try #require(next.key)
        try await eventually(within: .seconds(30), "addresses of the second key") {
          try await world.count("deposit_addresses where stock = '\(key.fingerprint)'") == 60
        }
        // Either replica may answer.
        try await world.client.send(try DepositWorld.found(old, 1_000_000, 1))
        try await world.untilDeposit(1, is: .credited)
        #expect(try await world.address(of: ann) == old)
        #expect(try await world.count("deposit_generations") == 2)
        let mine = try await world.address(of: bob)
        let both = try [DepositWorld.key(), key].flatMap { try $0.addresses(from: 0, count: 2).map(\.address) }
        #expect(both.contains(mine))
      }
    }
  }

  @Test("a retired key's addresses are shown to nobody: their customers get others, and what arrives there is theirs")
  func retired() async throws {
    let (ann, bob) = (ann, CustomerID(text: "cus_bob"))
    let (first, second) = (try DepositWorld.settings(), try DepositWorld.settings(account: 1))
    let (old, new) = (try #require(first.key), try #require(second.key))
    try await DepositWorld.run(first, replicas: 0) { world in
      let stolen = try await world.alsoServing(first) {
        try await world.untilFree(60)
        #expect(try await world.retire(old.fingerprint, key: "a")?.code == "key_in_use")
        #expect(try await world.retire("0123456789abcdef", key: "a")?.code == "unknown_key")
        return try await world.address(of: ann)
      }
      let mine = try await world.alsoServing(second) {
        try await world.untilFree(60)
        #expect(try await world.address(of: ann) == stolen)
        #expect(try await world.retire(old.fingerprint, key: "a")?.code == "done")
        #expect(try await world.retire(old.fingerprint, key: "a")?.code == "done")
        #expect(try await world.retire(old.fingerprint, key: "b")?.code == "unchanged")
        await #expect(throws: QueryFailure.self) { try await world.client.ask(GetDepositAddress(customer: ann)) }
        let mine = try await world.address(of: ann)
        #expect(try new.addresses(from: 0, count: 1).map(\.address) == [mine])
        #expect(try await world.address(of: ann) == mine)
        #expect(try await world.client.ask(GetDepositAddress(customer: ann)).address == mine)
        for (number, address) in [(UInt8(1), stolen), (2, mine)] {
          try await world.client.send(try DepositWorld.found(address, 1_000_000, number))
          try await world.untilDeposit(number, is: .credited)
        }
        #expect(try await world.balance(ann).available == Sun(2_000_000))
        let keys = try await world.status().keys ?? []
        #expect(keys.map(\.fingerprint) == [new.fingerprint, old.fingerprint])
        #expect(keys.map { $0.retiredAt == nil } == [true, false])
        #expect(try await world.count("outbox where type = 'gateway.OperatorActed'") == 1)
        return mine
      }
      // The retired key's file is back, by mistake.
      try await world.alsoServing(first) {
        let (answer, address) = (try await world.assign(bob), try await world.address(of: ann))
        #expect(answer?.code == "deposits_off")
        #expect(address == mine)
      }
    }
  }

  @Test("the owner's addresses are never handed out, though they are children of the key")
  func overlap() async throws {
    var settings = try DepositWorld.settings()
    let own = try DepositWorld.key().addresses(from: 1, count: 1)[0].address
    settings.treasury = [own]
    try await DepositWorld.run(settings) { world in
      try await eventually(within: .seconds(30), "59 free addresses") { try await world.status().free >= 59 }
      for number in 0..<3 {
        #expect(try await world.address(of: CustomerID(text: "cus_\(number)")) != own)
      }
      #expect(try await world.count("deposit_addresses where id = '\(own.base58)' and place = 'treasury'") == 1)
    }
  }

  @Test("what arrives before its address is confirmed is held; a confirmation that comes late or again changes nothing")
  func reordered() async throws {
    let ann = ann
    try await DepositWorld.run(try DepositWorld.settings(), isWatching: false) { world in
      let addresses = try DepositWorld.key().addresses(from: 0, count: 60).map(\.address)
      try await eventually(within: .seconds(30), "a question") { world.watcher.asked.count >= 1 }
      try await world.client.send(try DepositWorld.found(addresses[0], 1_000_000, 1))
      try await world.untilDeposit(1, is: .held)
      /// - Parameter handled: messages afterwards.
      func confirm(_ block: Int64, handled: Int64) async throws {
        try await world.client.send(
          AddressesWatched(addresses: addresses + [USDT.mainnet], fromBlock: block, seq: handled))
        try await eventually(within: .seconds(20), "\(handled) messages are handled") {
          try await world.count("inbox") == handled
        }
      }
      try await confirm(50, handled: 2)
      // The first has had money before it was anybody's.
      #expect(try await world.status().free == 59)
      #expect(try await world.address(of: ann) == addresses[1])
      try await confirm(70, handled: 4)
      try await confirm(40, handled: 5)
      try await world.client.send(try DepositWorld.found(addresses[1], 2_000_000, 2))
      try await world.untilDeposit(2, is: .credited)
      #expect(try await world.count("deposit_addresses where stock is not null") == 58)
      #expect(try await world.count("deposit_addresses where from_block = 40") == 60)
      #expect(try await world.count("deposit_addresses where id = '\(USDT.mainnet.base58)'") == 0)
      #expect(try await world.address(of: ann) == addresses[1])
    }
  }
}
