import BusKit
import Contracts
import Foundation
import TronKit

/// What tx-svc says of money of our own addresses, on the wire.
enum OwnMoneyGoldens {
  static func all() throws -> [Golden] { try events() + balances() + signing() }

  private static func events() throws -> [Golden] {
    [
      try Golden(
        "tx.OwnTransactionFound v1 in tx.events by abababababababababababababababababababababababababababababababab",
        OwnTransactionFound(
          txID: try Samples.transaction(), payer: Samples.receiver, isPayerWatched: true, fee: Sun(345_000),
          transfers: [
            .init(
              kind: .token, from: Samples.receiver, to: .zero, token: Samples.receiver, amount: 5_000_000, place: 1,
              isFromWatched: true, isToWatched: false, isFromSupplier: false, isToSupplier: true),
            .init(
              kind: .byContract, from: Samples.receiver, to: .zero, token: nil, amount: nil, place: 0,
              isFromWatched: true, isToWatched: false, isFromSupplier: false, isToSupplier: false),
          ], succeeded: true, blockNumber: 12, blockTime: Samples.time, part: 1, parts: 2),
        #"""
        {"blockNumber":12,"blockTime":"2026-09-21T14:13:20.123Z","fee":345000,"isPayerWatched":true,"part":1,"parts":2\#
        ,"payer":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","succeeded":true,"transfers":[{"amount":5000000\#
        ,"from":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","isFromSupplier":false,"isFromWatched":true,"isToSupplier":true\#
        ,"isToWatched":false,"kind":"token","place":1,"to":"T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"\#
        ,"token":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"},{"from":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"isFromSupplier":false,"isFromWatched":true,"isToSupplier":false,"isToWatched":false,"kind":"by_contract"\#
        ,"place":0,"to":"T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"}]\#
        ,"txID":"abababababababababababababababababababababababababababababababab"}
        """#)
    ]
  }

  private static func balances() throws -> [Golden] {
    [
      try Golden(
        "tx.GetSolidBalances v1 in tx.queries by TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        GetSolidBalances(addresses: [Samples.receiver]),
        #"""
        {"addresses":["TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"]}
        """#),
      try Golden(
        answer: "SolidBalancesView",
        SolidBalancesView(
          balances: [
            .init(
              address: Samples.receiver, isActivated: true, available: Sun(1), staked: Sun(2), unstaking: Sun(3),
              token: 4, blockNumber: 12, blockTime: Samples.time, blockNumberAfter: 13, isWatched: true, dust: Sun(5),
              dustToken: 6)
          ], token: Samples.receiver, scannedNumber: 14),
        #"""
        {"balances":[{"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","available":1,"blockNumber":12\#
        ,"blockNumberAfter":13,"blockTime":"2026-09-21T14:13:20.123Z","dust":5,"dustToken":6,"isActivated":true\#
        ,"isWatched":true,"staked":2,"token":4,"unstaking":3}],"scannedNumber":14\#
        ,"token":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}
        """#),
    ]
  }

  private static func signing() throws -> [Golden] {
    [
      try Golden(
        "tx.GetTransactionReference v1 in tx.queries by reference",
        GetTransactionReference(),
        #"""
        {}
        """#),
      try Golden(
        answer: "TransactionReferenceView",
        TransactionReferenceView(
          referenceBlock: "00", headTimeMs: 5, token: Samples.receiver, energyFee: Sun(100), bandwidthFee: Sun(1_000),
          accountFee: Sun(1_000_000), accountBandwidthFee: Sun(100_000), feeLimitMax: Sun(15_000_000_000),
          freeBandwidth: 600),
        #"""
        {"accountBandwidthFee":100000,"accountFee":1000000,"bandwidthFee":1000,"energyFee":100\#
        ,"feeLimitMax":15000000000,"freeBandwidth":600,"headTimeMs":5,"referenceBlock":"00"\#
        ,"token":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}
        """#),
      try Golden(
        "tx.EstimateTokenTransfer v1 in tx.queries by TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        EstimateTokenTransfer(from: Samples.receiver, to: .zero, amount: 5_000_000),
        #"""
        {"amount":5000000,"from":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","to":"T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"}
        """#),
      try Golden(
        answer: "TokenTransferEstimate", TokenTransferEstimate(energy: Energy(64_285)),
        #"""
        {"energy":64285}
        """#),
      try Golden(
        "tx.BroadcastTransaction v1 in tx.commands by k-1",
        BroadcastTransaction(signed: "0a02", action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"signed":"0a02"}
        """#),
    ]
  }
}
