import BusKit
import Contracts
import Foundation
import TronKit

/// What operators and tx-svc say to each other about keys, permissions and single orders.
enum TxOperatorGoldens {
  static func all() throws -> [Golden] { try keys() + permissions() + settlement() }

  private static func keys() throws -> [Golden] {
    [
      try Golden(
        "tx.RotateKeys v1 in tx.commands by keys",
        RotateKeys(keyID: "0123456789abcdef", action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"keyID":"0123456789abcdef"}
        """#),
      try Golden(
        "tx.GetKeys v1 in tx.queries by keys",
        GetKeys(),
        #"""
        {}
        """#),
      try Golden(
        answer: "KeysView",
        KeysView(
          masters: [.init(keyID: "a", isPrimary: true, isHeld: true, wallets: 2, isRetirable: false)],
          replicas: [
            .init(process: "p", masterKeys: ["a"], sealingKeys: ["s"], problem: nil, seenAt: Samples.time)
          ], warnings: [Samples.receiver.base58: "all"]),
        #"""
        {"masters":[{"isHeld":true,"isPrimary":true,"isRetirable":false,"keyID":"a","wallets":2}]\#
        ,"replicas":[{"masterKeys":["a"],"process":"p","sealingKeys":["s"],"seenAt":"2026-09-21T14:13:20.123Z"}]\#
        ,"warnings":{"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t":"all"}}
        """#),
    ]
  }

  private static func permissions() throws -> [Golden] {
    [
      try Golden(
        "tx.GetPermissions v1 in tx.queries by TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        GetPermissions(address: Samples.receiver),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}
        """#),
      try Golden(
        answer: "PermissionsView",
        PermissionsView(
          address: Samples.receiver, balance: Sun(1), updateFee: Sun(100_000_000),
          permissions: [
            .init(id: 0, name: "owner", threshold: 1, operations: nil, keys: [.init(address: .zero, weight: 1)]),
            .init(id: 2, name: "delegate", threshold: 1, operations: "06", keys: []),
          ], referenceBlock: "00", headTimeMs: 5),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","balance":1,"headTimeMs":5\#
        ,"permissions":[{"id":0,"keys":[{"address":"T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb","weight":1}]\#
        ,"name":"owner","threshold":1},{"id":2,"keys":[],"name":"delegate","operations":"06","threshold":1}]\#
        ,"referenceBlock":"00","updateFee":100000000}
        """#),
    ]
  }

  private static func settlement() throws -> [Golden] {
    [
      try Golden(
        "tx.RetryDelegation v1 in tx.commands by ord_0123456789abcdef0123456789abcdef",
        RetryDelegation(order: Samples.order, action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"order":"ord_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "tx.ReclaimStray v1 in tx.commands by \(try Samples.transaction().hex)",
        ReclaimStray(txID: try Samples.transaction(), action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"}\#
        ,"txID":"abababababababababababababababababababababababababababababababab"}
        """#),
      try Golden(
        "tx.SettleLeg v1 in tx.commands by ord_0123456789abcdef0123456789abcdef",
        SettleLeg(
          order: Samples.order, leg: 1, verdict: .reclaimedElsewhere, transaction: try Samples.transaction(),
          action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"leg":1,"order":"ord_0123456789abcdef0123456789abcdef"\#
        ,"transaction":"abababababababababababababababababababababababababababababababab"\#
        ,"verdict":"reclaimed_elsewhere"}
        """#),
      try Golden(
        "tx.GetDelegation v1 in tx.queries by ord_0123456789abcdef0123456789abcdef",
        GetDelegation(order: Samples.order),
        #"""
        {"order":"ord_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        answer: "DelegationView", try view(),
        #"""
        {"cost":345000,"customer":"cus_0123456789abcdef0123456789abcdef","deadline":"2026-09-21T14:13:20.123Z"\#
        ,"durationSeconds":3600,"energy":65000,"isWithdrawn":false,"legs":[{"energy":65000,"number":1,"stake":7\#
        ,"state":"signed","supplier":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"txID":"abababababababababababababababababababababababababababababababab"}]\#
        ,"order":"ord_0123456789abcdef0123456789abcdef","receiver":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"state":"submitted","transactions":[{"expiresAt":"2026-09-21T14:13:20.123Z"\#
        ,"id":"abababababababababababababababababababababababababababababababab","leg":1,"purpose":"delegate"\#
        ,"sendings":[{"node":"n","outcome":"accepted","sentAt":"2026-09-21T14:13:20.123Z"}]\#
        ,"signedAt":"2026-09-21T14:13:20.123Z","state":"signed"}]\#
        ,"work":[{"attempts":1,"kind":"tx.send","lastError":"","nextAt":"2026-09-21T14:13:20.123Z"\#
        ,"state":"pending"}]}
        """#),
    ]
  }

  private static func view() throws -> DelegationView {
    DelegationView(
      order: Samples.order, customer: Samples.customer, receiver: Samples.receiver, energy: Energy(65_000),
      durationSeconds: 3_600, deadline: Samples.time, state: "submitted", isWithdrawn: false, failure: nil,
      startedAt: nil, endsAt: nil, cost: Sun(345_000),
      legs: [
        .init(
          number: 1, supplier: Samples.receiver, energy: Energy(65_000), stake: Sun(7), state: "signed",
          txID: try Samples.transaction(), reclaimTxID: nil, blockNumber: nil, note: nil)
      ],
      transactions: [
        .init(
          id: try Samples.transaction(), leg: 1, purpose: "delegate", state: "signed", signedAt: Samples.time,
          expiresAt: Samples.time, blockNumber: nil, result: nil, fee: nil, note: nil,
          sendings: [.init(node: "n", sentAt: Samples.time, outcome: "accepted", code: nil, message: nil)])
      ], work: [.init(kind: "tx.send", state: "pending", attempts: 1, nextAt: Samples.time, lastError: "")])
  }
}
