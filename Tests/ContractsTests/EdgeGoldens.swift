import BusKit
import Contracts
import Foundation
import TronKit

/// Messages of session-svc, gateway and monitor-svc on the wire.
enum EdgeGoldens {
  static func all() throws -> [Golden] {
    [
      try Golden(
        "session.UserInput v1 in session.commands by cus_0123456789abcdef0123456789abcdef",
        UserInput(
          customer: Samples.customer, kind: .text("/start"), languageCode: "zh-hans", firstName: "Ann"),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","firstName":"Ann","kind":{"text":{"_0":"/start"}}\#
        ,"languageCode":"zh-hans"}
        """#),
      try Golden(
        "session.UserInput v1 in session.commands by cus_0123456789abcdef0123456789abcdef",
        UserInput(
          customer: Samples.customer, kind: .button(data: "v1:rent"), languageCode: "en"),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","firstName":"","kind":{"button":{"data":"v1:rent"}}\#
        ,"languageCode":"en"}
        """#),
      try Golden(
        "gateway.ShowScreen v1 in gateway.commands by cus_0123456789abcdef0123456789abcdef",
        ShowScreen(
          customer: Samples.customer, slot: "order:1", adopts: "menu", isFresh: false, seq: 2,
          screen: Screen(
            html: "a \(BotHTML.bold("b"))",
            rows: [[.init("x", .data("v1:x")), .init("y", .copy("z"))], [.init("u", .url("https://example.org/"))]])),
        #"""
        {"adopts":"menu","customer":"cus_0123456789abcdef0123456789abcdef","isFresh":false\#
        ,"screen":{"html":"a <b>b</b>","rows":[[{"action":{"data":{"_0":"v1:x"}}\#
        ,"label":"x"},{"action":{"copy":{"_0":"z"}}\#
        ,"label":"y"}],[{"action":{"url":{"_0":"https://example.org/"}},"label":"u"}]]},"seq":2,"slot":"order:1"}
        """#),
      try Golden(
        "gateway.ShowScreen v1 in gateway.commands by cus_0123456789abcdef0123456789abcdef",
        ShowScreen(
          customer: Samples.customer, slot: "deposit", isFresh: true, seq: 3,
          screen: Screen(html: "a", qr: "tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","isFresh":true\#
        ,"screen":{"html":"a","qr":"tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","rows":[]},"seq":3,"slot":"deposit"}
        """#),
      try Golden(
        "gateway.NotifyCustomer v1 in gateway.commands by cus_0123456789abcdef0123456789abcdef",
        NotifyCustomer(customer: Samples.customer, html: "low"),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","html":"low"}
        """#),
      try Golden(
        "gateway.CreateClient v1 in gateway.commands by cli",
        CreateClient(
          client: ClientID(text: "cli"), customer: Samples.customer, name: "shop", secretHash: Data([1, 2, 3]),
          action: Samples.action),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"client":"cli"\#
        ,"customer":"cus_0123456789abcdef0123456789abcdef","name":"shop","secretHash":"AQID"}
        """#),
      try Golden(
        "gateway.OperatorActed v1 in gateway.commands by k-1",
        OperatorActed(
          service: "wallet-svc", command: "wallet.CreditAccount", subject: "cus_1", action: Samples.action,
          outcome: "done"),
        #"""
        {"action":{"actor":"ann","key":"k-1","reason":"top-up"},"command":"wallet.CreditAccount","outcome":"done"\#
        ,"service":"wallet-svc","subject":"cus_1"}
        """#),
      try Golden(
        "monitor.SetAlertSubscription v1 in monitor.commands by cus_0123456789abcdef0123456789abcdef",
        SetAlertSubscription(customer: Samples.customer, isOn: true, language: "zh"),
        #"""
        {"customer":"cus_0123456789abcdef0123456789abcdef","isOn":true,"language":"zh"}
        """#),
      try Golden(
        "bus.CommandResult v1 in replies by done",
        CommandResult(ok: true, code: "done", detail: "credited"),
        #"""
        {"code":"done","detail":"credited","ok":true}
        """#),
    ]
  }
}
