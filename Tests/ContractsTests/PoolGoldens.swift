import BusKit
import Contracts
import Foundation
import TronKit

/// Messages about tx-svc's wallet pool on the wire.
enum PoolGoldens {
  static func all() throws -> [Golden] { try commands() + events() + queries() }

  private static func commands() throws -> [Golden] {
    [
      try Golden(
        "tx.SetSupplierState v1 in tx.commands by TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        SetSupplierState(address: Samples.receiver, state: .draining, action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"}\#
        ,"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","state":"draining"}
        """#),
      try Golden(
        "tx.RefreshSupplier v1 in tx.commands by TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        RefreshSupplier(address: Samples.receiver, action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"}\#
        ,"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}
        """#),
    ]
  }

  private static func events() throws -> [Golden] {
    [
      try Golden(
        "tx.SupplierStateChanged v1 in tx.events by TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        SupplierStateChanged(address: Samples.receiver, state: .disabled, isDrained: true, seq: 2),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","isDrained":true,"seq":2,"state":"disabled"}
        """#),
      try Golden(
        "tx.LedgerDiffers v1 in tx.events by TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t/TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        LedgerDiffers(
          kind: .unknownDelegation, wallet: Samples.receiver, receiver: Samples.receiver, ours: .zero,
          chain: Sun(7_000_000), since: Samples.time, settledAt: Samples.time, seq: 2),
        #"""
        {"chain":7000000,"kind":"unknown_delegation","ours":0,"receiver":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"seq":2,"settledAt":"2026-09-21T14:13:20.123Z","since":"2026-09-21T14:13:20.123Z"\#
        ,"wallet":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}
        """#),
      try Golden(
        "tx.ChainParametersChanged v1 in tx.events by chain",
        ChainParametersChanged(
          changes: [.init(name: "getEnergyFee", old: 210, new: 100)], isJump: true, readAt: Samples.time, seq: 3),
        #"""
        {"changes":[{"name":"getEnergyFee","new":100,"old":210}],"isJump":true\#
        ,"readAt":"2026-09-21T14:13:20.123Z","seq":3}
        """#),
    ]
  }

  private static func queries() throws -> [Golden] {
    [
      try Golden("tx.GetCapacity v1 in tx.queries by capacity", GetCapacity(), "{}"),
      try Golden("tx.GetLedgerDifferences v1 in tx.queries by ledger", GetLedgerDifferences(), "{}"),
      try Golden(
        answer: "CapacityView",
        CapacityView(
          wallets: [
            .init(
              address: Samples.receiver, state: .enabled, obstacle: "fees", avoidedUntil: Samples.time,
              available: Energy(1), forecasts: [.init(hours: 1, energyLeast: Energy(2), energyMost: Energy(3))],
              availableStake: Sun(4), delegatedStake: Sun(5), reservedStake: Sun(6), foreignStake: Sun(7),
              energyUsed: Energy(8), stakedBandwidth: 9, freeBandwidth: 10, balance: Sun(11), rentalsLeft: 12,
              figuresAgeSeconds: 1.5)
          ], signing: .everything, choice: "best_fit",
          ratio: StakeRatio(totalEnergyLimit: 180, totalEnergyWeight: 18)),
        #"""
        {"choice":"best_fit","ratio":{"totalEnergyLimit":180,"totalEnergyWeight":18},"signing":"everything"\#
        ,"wallets":[{"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","available":1,"availableStake":4\#
        ,"avoidedUntil":"2026-09-21T14:13:20.123Z","balance":11,"delegatedStake":5,"energyUsed":8\#
        ,"figuresAgeSeconds":1.5,"forecasts":[{"energyLeast":2,"energyMost":3,"hours":1}],"foreignStake":7\#
        ,"freeBandwidth":10,"obstacle":"fees","rentalsLeft":12,"reservedStake":6,"stakedBandwidth":9\#
        ,"state":"enabled"}]}
        """#),
      try Golden(
        answer: "LedgerDifferencesView",
        LedgerDifferencesView(
          differences: [
            .init(
              kind: .amount, state: .settled, wallet: Samples.receiver, receiver: Samples.receiver, ours: Sun(1),
              chain: Sun(2), since: Samples.time, reportedAt: Samples.time, settledAt: Samples.time)
          ],
          runs: [
            .init(
              wallet: Samples.receiver, startedAt: Samples.time, finishedAt: Samples.time, receivers: 3, suspects: 1,
              isPartial: true)
          ]),
        #"""
        {"differences":[{"chain":2,"kind":"amount","ours":1,"receiver":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"reportedAt":"2026-09-21T14:13:20.123Z","settledAt":"2026-09-21T14:13:20.123Z"\#
        ,"since":"2026-09-21T14:13:20.123Z","state":"settled","wallet":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}]\#
        ,"runs":[{"finishedAt":"2026-09-21T14:13:20.123Z","isPartial":true,"receivers":3\#
        ,"startedAt":"2026-09-21T14:13:20.123Z","suspects":1,"wallet":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}]}
        """#),
    ]
  }
}
