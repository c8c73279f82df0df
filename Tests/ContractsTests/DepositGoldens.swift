import BusKit
import Contracts
import Foundation
import TronKit

/// What wallet-svc says of deposits, on the wire.
enum DepositGoldens {
  private static let tx = String(repeating: "ab", count: 32)

  static func all() throws -> [Golden] { try addresses() + events() + decisions() + queries() + lists() }

  private static func addresses() throws -> [Golden] {
    let view = DepositAddressView(
      address: Samples.receiver, minimums: [Money(1_000_000, .trx), Money(2_000_000, .usdt)])
    let json = #"""
      {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","minimums":[{"amount":1000000,"currency":"TRX"}\#
      ,{"amount":2000000,"currency":"USDT"}]}
      """#
    return [
      try Golden(
        "wallet.AssignDepositAddress v1 in wallet.commands by cus_0123456789abcdef0123456789abcdef",
        AssignDepositAddress(customer: Samples.customer), #"{"customer":"cus_0123456789abcdef0123456789abcdef"}"#),
      try Golden(
        "wallet.DepositAddressAnswer v1 in replies by done",
        DepositAddressAnswer(code: "done", detail: "it is", address: view),
        #"{"address":\#(json),"code":"done","detail":"it is"}"#),
      try Golden(
        "wallet.GetDepositAddress v1 in wallet.queries by cus_0123456789abcdef0123456789abcdef",
        GetDepositAddress(customer: Samples.customer), #"{"customer":"cus_0123456789abcdef0123456789abcdef"}"#),
      try Golden(answer: "DepositAddressView", view, json),
    ]
  }

  private static func events() throws -> [Golden] {
    [
      try Golden(
        "wallet.DepositCredited v1 in wallet.events by cus_0123456789abcdef0123456789abcdef",
        DepositCredited(
          customer: Samples.customer, address: Samples.receiver, money: Money(5_000_000, .usdt),
          txID: try Samples.transaction(), logIndex: 3, blockTime: Samples.time, available: 7_000_000, seq: 4),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","available":7000000,"blockTime":"2026-09-21T14:13:20.123Z"\#
        ,"customer":"cus_0123456789abcdef0123456789abcdef","logIndex":3\#
        ,"money":{"amount":5000000,"currency":"USDT"},"seq":4,"txID":"\#(tx)"}
        """#),
      try Golden(
        "wallet.UnexpectedWithdrawal v1 in wallet.events by \(tx)",
        UnexpectedWithdrawal(
          address: Samples.receiver, to: .zero, money: Money(5_000_000, .trx), txID: try Samples.transaction(),
          blockNumber: 12, blockTime: Samples.time, seq: 1),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","blockNumber":12,"blockTime":"2026-09-21T14:13:20.123Z"\#
        ,"money":{"amount":5000000,"currency":"TRX"},"seq":1,"to":"T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb","txID":"\#(tx)"}
        """#),
    ]
  }

  private static func decisions() throws -> [Golden] {
    [
      try Golden(
        "wallet.CreditDeposit v1 in wallet.commands by cus_0123456789abcdef0123456789abcdef",
        CreditDeposit(deposit: "\(tx)/3", customer: Samples.customer, money: Money(5, .usdt)),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","deposit":"\#(tx)/3"\#
        ,"money":{"amount":5,"currency":"USDT"}}
        """#),
      try Golden(
        "wallet.CreditHeldDeposit v1 in wallet.commands by cus_0123456789abcdef0123456789abcdef",
        CreditHeldDeposit(deposit: tx, customer: Samples.customer, action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"deposit":"\#(tx)"}
        """#),
      try Golden(
        "wallet.RetireDepositKey v1 in wallet.commands by 0123456789abcdef",
        RetireDepositKey(fingerprint: "0123456789abcdef", action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"fingerprint":"0123456789abcdef"}
        """#),
      try Golden(
        "wallet.RefuseHeldDeposit v1 in wallet.commands by \(tx)",
        RefuseHeldDeposit(deposit: tx, returnTo: Samples.receiver, action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"deposit":"\#(tx)"\#
        ,"returnTo":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}
        """#),
    ]
  }

  private static func queries() throws -> [Golden] {
    [
      try Golden(
        "wallet.GetDeposits v1 in wallet.queries by cus_0123456789abcdef0123456789abcdef",
        GetDeposits(customer: Samples.customer, state: .held, before: 9, limit: 5),
        #"{"before":9,"customer":"cus_0123456789abcdef0123456789abcdef","limit":5,"state":"held"}"#),
      try Golden("wallet.GetDepositStatus v1 in wallet.queries by deposits", GetDepositStatus(), "{}"),
      try Golden(
        "wallet.ListDepositAddresses v1 in wallet.queries by deposits",
        ListDepositAddresses(after: DepositAddressPlace(generation: 1, index: 7), limit: 5),
        #"{"after":{"generation":1,"index":7},"limit":5}"#),
    ]
  }

  private static func lists() throws -> [Golden] {
    [
      try Golden(
        answer: "DepositsPage",
        DepositsPage(
          deposits: [
            DepositView(
              id: "\(tx)/3", number: 8, address: Samples.receiver, sender: .zero, customer: Samples.customer,
              money: Money(5, .usdt), token: Samples.receiver, state: .credited, obstacle: .unassignedAddress,
              txID: try Samples.transaction(), blockNumber: 12, blockTime: Samples.time, decision: Samples.action)
          ], next: 8),
        #"""
        {"deposits":[{"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","blockNumber":12\#
        ,"blockTime":"2026-09-21T14:13:20.123Z","customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"decision":{"actor":"ann","key":"k-1","reason":"top-up"},"id":"\#(tx)/3"\#
        ,"money":{"amount":5,"currency":"USDT"},"number":8,"obstacle":"unassigned_address"\#
        ,"sender":"T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb","state":"credited"\#
        ,"token":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","txID":"\#(tx)"}],"next":8}
        """#),
      try Golden(
        answer: "DepositStatusView",
        DepositStatusView(
          isOn: true, fingerprint: "0123456789abcdef", generation: 1, free: 500, unconfirmed: 2, assigned: 3,
          watched: 504, treasury: [Samples.receiver], minimums: [Money(1, .trx)], held: 1, confirmedAt: Samples.time,
          keys: [DepositKeyView(fingerprint: "0123456789abcdef", generation: 1, retiredAt: Samples.time)]),
        #"""
        {"assigned":3,"confirmedAt":"2026-09-21T14:13:20.123Z","fingerprint":"0123456789abcdef","free":500\#
        ,"generation":1,"held":1,"isOn":true\#
        ,"keys":[{"fingerprint":"0123456789abcdef","generation":1,"retiredAt":"2026-09-21T14:13:20.123Z"}]\#
        ,"minimums":[{"amount":1,"currency":"TRX"}]\#
        ,"treasury":["TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"],"unconfirmed":2,"watched":504}
        """#),
      try Golden(
        answer: "DepositAddressList",
        DepositAddressList(
          addresses: [
            .init(
              address: Samples.receiver, place: DepositAddressPlace(generation: 1, index: 7),
              fingerprint: "0123456789abcdef", customer: Samples.customer)
          ], next: DepositAddressPlace(generation: 1, index: 7)),
        #"""
        {"addresses":[{"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"\#
        ,"customer":"cus_0123456789abcdef0123456789abcdef","fingerprint":"0123456789abcdef"\#
        ,"place":{"generation":1,"index":7}}],"next":{"generation":1,"index":7}}
        """#),
    ]
  }
}
