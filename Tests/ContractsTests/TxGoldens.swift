import BusKit
import Contracts
import Foundation
import TronKit

/// Messages of tx-svc on the wire.
enum TxGoldens {
  static func all() throws -> [Golden] {
    [
      try Golden(
        "tx.DelegateEnergy v1 in tx.commands by ord_0123456789abcdef0123456789abcdef",
        DelegateEnergy(
          order: Samples.order, customer: Samples.customer, receiver: Samples.receiver, energy: Energy(65_000),
          durationSeconds: 3_600, deadline: Samples.time, seal: Samples.seal),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","deadline":"2026-09-21T14:13:20.123Z"\#
        ,"durationSeconds":3600,"energy":65000,"order":"ord_0123456789abcdef0123456789abcdef"\#
        ,"receiver":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"seal":{"code":"62tumkhvbJPpjqgzXVJ8JMPqcSQFD9MOhZDqyMPC4q4="}}
        """#),
      try Golden(
        "tx.WithdrawDelegation v1 in tx.commands by ord_0123456789abcdef0123456789abcdef",
        WithdrawDelegation(order: Samples.order),
        #"""
        {"order":"ord_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "tx.ReclaimEnergy v1 in tx.commands by ord_0123456789abcdef0123456789abcdef",
        ReclaimEnergy(
          order: Samples.order, receiver: Samples.receiver, endsAt: Samples.time,
          seal: .reclaim(order: Samples.order, receiver: Samples.receiver, endsAt: Samples.time, key: Samples.key)),
        #"""
        {"endsAt":"2026-09-21T14:13:20.123Z","order":"ord_0123456789abcdef0123456789abcdef"\#
        ,"receiver":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"seal":{"code":"6o1CYT3XUX9kjRdddmO4Jol/oZ9T2slyBDeghLRPC0c="}}
        """#),
      try Golden(
        "tx.SetSigning v1 in tx.commands by signing",
        SetSigning(mode: .reclaimsOnly, action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"mode":"reclaims_only"}
        """#),
      try Golden(
        "tx.DelegationSubmitted v1 in tx.events by ord_0123456789abcdef0123456789abcdef",
        DelegationSubmitted(order: Samples.order, legs: [try Samples.leg()], seq: 1),
        #"""
        {"legs":[{"blockNumber":12,"blockTime":"2026-09-21T14:13:20.123Z","energy":65000,"stake":7000000000\#
        ,"supplier":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"txID":"abababababababababababababababababababababababababababababababab"}]\#
        ,"order":"ord_0123456789abcdef0123456789abcdef","seq":1}
        """#),
      try Golden(
        "tx.DelegationConfirmed v1 in tx.events by ord_0123456789abcdef0123456789abcdef",
        DelegationConfirmed(
          order: Samples.order, legs: [try Samples.leg()], delivered: Energy(65_000), startedAt: Samples.time, seq: 2),
        #"""
        {"delivered":65000,"legs":[{"blockNumber":12,"blockTime":"2026-09-21T14:13:20.123Z","energy":65000\#
        ,"stake":7000000000,"supplier":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"txID":"abababababababababababababababababababababababababababababababab"}]\#
        ,"order":"ord_0123456789abcdef0123456789abcdef","seq":2,"startedAt":"2026-09-21T14:13:20.123Z"}
        """#),
      try Golden(
        "tx.DelegationReverted v1 in tx.events by ord_0123456789abcdef0123456789abcdef",
        DelegationReverted(order: Samples.order, seq: 3),
        #"""
        {"order":"ord_0123456789abcdef0123456789abcdef","seq":3}
        """#),
      try Golden(
        "tx.DelegationFinal v1 in tx.events by ord_0123456789abcdef0123456789abcdef",
        DelegationFinal(order: Samples.order, delivered: Energy(65_000), seq: 4),
        #"""
        {"delivered":65000,"order":"ord_0123456789abcdef0123456789abcdef","seq":4}
        """#),
      try Golden(
        "tx.DelegationFinal v1 in tx.events by ord_0123456789abcdef0123456789abcdef",
        DelegationFinal(order: Samples.order, delivered: Energy(65_000), startedAt: Samples.time, seq: 4),
        #"""
        {"delivered":65000,"order":"ord_0123456789abcdef0123456789abcdef","seq":4\#
        ,"startedAt":"2026-09-21T14:13:20.123Z"}
        """#),
      try Golden(
        "tx.DelegationFailed v1 in tx.events by ord_0123456789abcdef0123456789abcdef",
        DelegationFailed(order: Samples.order, reason: .chainRefused, seq: 5),
        #"""
        {"order":"ord_0123456789abcdef0123456789abcdef","reason":"chain_refused","seq":5}
        """#),
      try Golden(
        "tx.DelegationFailed v1 in tx.events by ord_0123456789abcdef0123456789abcdef",
        DelegationFailed(order: Samples.order, reason: .chainRefused, cost: Sun(345_000), seq: 5),
        #"""
        {"cost":345000,"order":"ord_0123456789abcdef0123456789abcdef","reason":"chain_refused","seq":5}
        """#),
      try Golden(
        "tx.DelegationReclaimed v1 in tx.events by ord_0123456789abcdef0123456789abcdef",
        DelegationReclaimed(
          order: Samples.order, txIDs: [try Samples.transaction()], cost: Sun(345_000), seq: 6),
        #"""
        {"cost":345000,"order":"ord_0123456789abcdef0123456789abcdef","seq":6\#
        ,"txIDs":["abababababababababababababababababababababababababababababababab"]}
        """#),
      try Golden(
        "tx.PoolChanged v1 in tx.events by pool",
        PoolChanged(available: Energy(1), delegated: Energy(2), wallets: 3, seq: 7),
        #"""
        {"available":1,"delegated":2,"seq":7,"wallets":3}
        """#),
      try Golden(
        "tx.ReclaimOverdue v1 in tx.events by ord_0123456789abcdef0123456789abcdef/1",
        ReclaimOverdue(
          order: Samples.order, leg: "\(Samples.order.text)/1", wallet: Samples.receiver, receiver: USDT.nile,
          stake: Sun(7_000_000_000), dueAt: Samples.time, attempts: 2, reason: "BANDWITH_ERROR: short",
          settledAt: nil, seq: 1),
        #"""
        {"attempts":2,"dueAt":"2026-09-21T14:13:20.123Z","leg":"ord_0123456789abcdef0123456789abcdef/1"\#
        ,"order":"ord_0123456789abcdef0123456789abcdef","reason":"BANDWITH_ERROR: short"\#
        ,"receiver":"TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf","seq":1,"stake":7000000000\#
        ,"wallet":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}
        """#),
      try Golden(
        "tx.GetSealingKey v1 in tx.queries by sealing",
        GetSealingKey(),
        #"""
        {}
        """#),
      try Golden(
        "tx.GetPool v1 in tx.queries by pool",
        GetPool(),
        #"""
        {}
        """#),
      try Golden(
        answer: "SealingKey",
        SealingKey(keyID: "k1", publicKey: Data([1, 2, 3])),
        #"""
        {"keyID":"k1","publicKey":"AQID"}
        """#),
      try Golden(
        answer: "PoolView",
        PoolView(
          wallets: [
            .init(address: Samples.receiver, available: Energy(1), delegatedStake: Sun(2), isEnabled: true)
          ], signing: .everything),
        #"""
        {"signing":"everything","wallets":[{"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","available":1\#
        ,"delegatedStake":2,"isEnabled":true}]}
        """#),
    ]
  }
}
