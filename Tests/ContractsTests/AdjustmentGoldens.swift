import BusKit
import Contracts
import Foundation

/// What operators do to the books, and custody, on the wire.
enum AdjustmentGoldens {
  static func all() throws -> [Golden] { try commands() + custody() }

  private static let refund = AdjustmentRequest(
    .refund, Money(5, .trx), customer: Samples.customer, order: Samples.order)
  private static let transfer = AdjustmentRequest(transfer: Money(5, .usdt), from: "adjustments", to: "custody:pool")

  private static func commands() throws -> [Golden] {
    [
      try Golden(
        "wallet.AdjustLedger v1 in wallet.commands by cus_0123456789abcdef0123456789abcdef",
        AdjustLedger(request: refund, action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"}\#
        ,"request":{"customer":"cus_0123456789abcdef0123456789abcdef","kind":"refund"\#
        ,"money":{"amount":5,"currency":"TRX"},"order":"ord_0123456789abcdef0123456789abcdef"}}
        """#),
      try Golden(
        "wallet.ApproveAdjustment v1 in wallet.commands by adjustments",
        ApproveAdjustment(adjustment: "k-0", request: transfer, action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"adjustment":"k-0"\#
        ,"request":{"from":"adjustments","kind":"transfer","money":{"amount":5,"currency":"USDT"},"to":"custody:pool"}}
        """#),
      try Golden(
        "wallet.RejectAdjustment v1 in wallet.commands by k-0",
        RejectAdjustment(adjustment: "k-0", action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"adjustment":"k-0"}
        """#),
      try Golden(
        "wallet.ListAdjustments v1 in wallet.queries by k-0", ListAdjustments(id: "k-0", isWaiting: true),
        #"""
        {"id":"k-0","isWaiting":true}
        """#),
      try Golden(
        answer: "AdjustmentList",
        AdjustmentList(adjustments: [
          AdjustmentView(
            id: "k-0", request: transfer, state: .done, detail: "d", asked: Samples.action, decision: Samples.action,
            createdAt: Samples.time, expiresAt: Samples.time)
        ]),
        #"""
        {"adjustments":[{"asked":{"actor":"ann","key":"k-1","reason":"top-up"},"createdAt":"2026-09-21T14:13:20.123Z"\#
        ,"decision":{"actor":"ann","key":"k-1","reason":"top-up"},"detail":"d","expiresAt":"2026-09-21T14:13:20.123Z"\#
        ,"id":"k-0","request":{"from":"adjustments","kind":"transfer","money":{"amount":5,"currency":"USDT"}\#
        ,"to":"custody:pool"},"state":"done"}]}
        """#),
    ]
  }

  private static func custody() throws -> [Golden] {
    [
      try Golden(
        "wallet.CustodyDiffers v1 in wallet.events by custody:deposits/USDT",
        CustodyDiffers(
          account: "custody:deposits", currency: .usdt, ledger: 10, chain: 7, difference: -3, settledAt: Samples.time,
          seq: 2),
        #"""
        {"account":"custody:deposits","chain":7,"currency":"USDT","difference":-3,"ledger":10,"seq":2\#
        ,"settledAt":"2026-09-21T14:13:20.123Z"}
        """#),
      try Golden(
        "wallet.CompareCustody v1 in wallet.commands by custody", CompareCustody(action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"}}
        """#),
      try Golden("wallet.GetCustody v1 in wallet.queries by custody", GetCustody(), "{}"),
      try Golden(
        answer: "CustodyView",
        CustodyView(accounts: [
          .init(
            account: "custody:pool", currency: .trx, state: .agrees, ledger: 10, chain: 11, dust: 1, difference: 0,
            addresses: 2, blockNumber: 12, comparedAt: Samples.time, detail: "")
        ]),
        #"""
        {"accounts":[{"account":"custody:pool","addresses":2,"blockNumber":12,"chain":11\#
        ,"comparedAt":"2026-09-21T14:13:20.123Z","currency":"TRX","detail":"","difference":0,"dust":1,"ledger":10\#
        ,"state":"agrees"}]}
        """#),
    ]
  }
}
