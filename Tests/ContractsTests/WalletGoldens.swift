import BusKit
import Contracts
import Foundation
import TronKit

/// Messages of wallet-svc on the wire.
enum WalletGoldens {
  static func all() throws -> [Golden] {
    [
      try Golden(
        "wallet.HoldFunds v1 in wallet.commands by cus_0123456789abcdef0123456789abcdef",
        HoldFunds(order: Samples.order, customer: Samples.customer, amount: Sun(3_900_000)),
        #"""
        {"amount":3900000,"customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"order":"ord_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "wallet.ReleaseHold v1 in wallet.commands by cus_0123456789abcdef0123456789abcdef",
        ReleaseHold(order: Samples.order, customer: Samples.customer),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","order":"ord_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "wallet.CaptureHold v1 in wallet.commands by cus_0123456789abcdef0123456789abcdef",
        CaptureHold(order: Samples.order, customer: Samples.customer, amount: Sun(3_900_000)),
        #"""
        {"amount":3900000,"customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"order":"ord_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "wallet.BookOrderCost v1 in wallet.commands by ord_0123456789abcdef0123456789abcdef",
        BookOrderCost(order: Samples.order, cost: Sun(345_000)),
        #"""
        {"cost":345000,"order":"ord_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "wallet.CreditAccount v1 in wallet.commands by cus_0123456789abcdef0123456789abcdef",
        CreditAccount(customer: Samples.customer, amount: Sun(100_000_000), action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"amount":100000000\#
        ,"customer":"cus_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "wallet.FundsHeld v1 in wallet.events by cus_0123456789abcdef0123456789abcdef",
        FundsHeld(order: Samples.order, customer: Samples.customer, amount: Sun(3_900_000), seq: 2),
        #"""
        {"amount":3900000,"customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"order":"ord_0123456789abcdef0123456789abcdef","seq":2}
        """#),
      try Golden(
        "wallet.FundsRefused v1 in wallet.events by cus_0123456789abcdef0123456789abcdef",
        FundsRefused(
          order: Samples.order, customer: Samples.customer, reason: .insufficientBalance, available: Sun(5), seq: 2),
        #"""
        {"available":5,"customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"order":"ord_0123456789abcdef0123456789abcdef","reason":"insufficient_balance","seq":2}
        """#),
      try Golden(
        "wallet.HoldSettled v1 in wallet.events by cus_0123456789abcdef0123456789abcdef",
        HoldSettled(
          order: Samples.order, customer: Samples.customer, captured: Sun(3), released: Sun(4), seq: 3),
        #"""
        {"captured":3,"customer":"cus_0123456789abcdef0123456789abcdef"\#
        ,"order":"ord_0123456789abcdef0123456789abcdef","released":4,"seq":3}
        """#),
      try Golden(
        "wallet.GetBalance v1 in wallet.queries by cus_0123456789abcdef0123456789abcdef",
        GetBalance(customer: Samples.customer),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef"}
        """#),
      try Golden(
        "wallet.GetChainAccount v1 in wallet.queries by TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        GetChainAccount(address: Samples.receiver),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}
        """#),
      try Golden(
        answer: "CustomerBalance",
        CustomerBalance(available: Sun(1), held: Sun(2)),
        #"""
        {"available":1,"held":2,"usdt":0}
        """#),
      try Golden(
        answer: "ChainAccountView",
        ChainAccountView(
          address: Samples.receiver, trx: Sun(1), usdt: 2, energy: Energy(3), bandwidth: 4, isActivated: true,
          isContract: false, asOf: Samples.time, isStale: true),
        #"""
        {"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","asOf":"2026-09-21T14:13:20.123Z","bandwidth":4\#
        ,"energy":3,"isActivated":true,"isContract":false,"isStale":true,"trx":1,"usdt":2}
        """#),
    ]
  }
}
