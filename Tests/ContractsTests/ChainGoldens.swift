import BusKit
import Contracts
import Foundation
import TronKit

/// Messages on the wire that are about the chain as a whole: deposits, watching, the record of blocks.
enum ChainGoldens {
  static func all() throws -> [Golden] {
    let (address, id) = (Samples.receiver, try Samples.transaction())
    return [
      try Golden(
        "tx.WatchAddresses v1 in tx.commands by watch",
        WatchAddresses(addresses: [address]),
        #"""
        {"addresses":["TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"]}
        """#),
      try Golden(
        "tx.RescanBlocks v1 in tx.commands by rescan",
        RescanBlocks(from: 5, to: 9, action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"from":5,"to":9}
        """#),
      try Golden(
        "tx.GetChainStatus v1 in tx.queries by chain",
        GetChainStatus(),
        #"""
        {}
        """#),
      try Golden(
        "tx.DepositFound v1 in tx.events by TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        DepositFound(
          address: address, from: address, token: address, amount: 5_000_000, txID: id, logIndex: 1, blockNumber: 12,
          blockTime: Samples.time, seq: 3),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","amount":5000000,"blockNumber":12\#
        ,"blockTime":"2026-09-21T14:13:20.123Z","from":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","logIndex":1,"seq":3\#
        ,"token":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"txID":"abababababababababababababababababababababababababababababababab"}
        """#),
      try Golden(
        "tx.DepositHeld v1 in tx.events by TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        DepositHeld(
          address: address, from: address, token: nil, amount: 5_000_000, reason: .sentByContract, txID: id,
          place: 2, blockNumber: 12, blockTime: Samples.time, seq: 4),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","amount":5000000,"blockNumber":12\#
        ,"blockTime":"2026-09-21T14:13:20.123Z","from":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"place":2,"reason":"sent_by_contract","seq":4\#
        ,"txID":"abababababababababababababababababababababababababababababababab"}
        """#),
      try Golden(
        "tx.AddressesWatched v1 in tx.events by watch",
        AddressesWatched(addresses: [address], fromBlock: 21, seq: 5),
        #"""
        {"addresses":["TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"],"fromBlock":21,"seq":5}
        """#),
      try Golden(
        "tx.ChainRecordDiffers v1 in tx.events by chain record",
        ChainRecordDiffers(blockNumber: 12, kind: .transactions, kept: "3", seen: "4", seq: 6),
        #"""
        {"blockNumber":12,"kept":"3","kind":"transactions","seen":"4","seq":6}
        """#),
      try Golden(
        "tx.StrayTransactionFound v1 in tx.events by \(id.hex)",
        StrayTransactionFound(
          order: Samples.order, txID: id, supplier: address, receiver: address, stake: Sun(7_000_000_000),
          isDelegation: true, isEffective: true, blockNumber: 12, seq: 1),
        #"""
        {"blockNumber":12,"isDelegation":true,"isEffective":true,"order":"ord_0123456789abcdef0123456789abcdef"\#
        ,"receiver":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","seq":1,"stake":7000000000\#
        ,"supplier":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"txID":"abababababababababababababababababababababababababababababababab"}
        """#),
      try Golden(
        answer: "ChainStatusView",
        ChainStatusView(
          number: 40, blockTime: Samples.time, headNumber: 40, solidNumber: 21, scannedNumber: 21, watchedAddresses: 2,
          callsToday: [.init(purpose: "block", count: 7)], strays: 0,
          tasks: [.init(id: "k-1", kind: "rescan", from: 5, to: 9, next: 6, findings: 0)]),
        #"""
        {"blockTime":"2026-09-21T14:13:20.123Z","callsToday":[{"count":7,"purpose":"block"}],"headNumber":40\#
        ,"number":40,"scannedNumber":21,"solidNumber":21,"strays":0\#
        ,"tasks":[{"findings":0,"from":5,"id":"k-1","kind":"rescan","next":6,"to":9}],"watchedAddresses":2}
        """#),
      try Golden(
        answer: "ChainStatusView",
        ChainStatusView(
          number: 40, blockTime: Samples.time, headNumber: 40, solidNumber: 21, scannedNumber: 21, watchedAddresses: 2,
          callsToday: [], strays: 0,
          tasks: [.init(id: "k-1", kind: "rescan", from: 5, to: 9, next: 6, findings: 0, passed: 1)], passed: 3),
        #"""
        {"blockTime":"2026-09-21T14:13:20.123Z","callsToday":[],"headNumber":40,"number":40,"passed":3\#
        ,"scannedNumber":21,"solidNumber":21,"strays":0\#
        ,"tasks":[{"findings":0,"from":5,"id":"k-1","kind":"rescan","next":6,"passed":1,"to":9}],"watchedAddresses":2}
        """#),
    ]
  }
}
