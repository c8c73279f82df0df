import Contracts
import TronKit

/// Where to send money, and that it came.
extension Screens {
  /// A photo: its caption says everything that its QR code says. Telegram refuses buttons with a `tron:` link, so the
  /// link is text.
  func deposit(_ view: DepositAddressView) -> Screen {
    let currencies = view.minimums.map { Self.network($0.currency) }.joined(separator: ", ")
    let least = view.minimums.map(Format.money).joined(separator: ", ")
    return Screen(
      html: page([
        title(.depositTitle),
        block([texts.html(.depositBody, ["currencies": BotHTML(text: currencies)]), .code(view.address.base58)]),
        texts.html(.depositLink, ["link": .code(view.uri)]),
        texts.html(.depositMinimums, ["amounts": .bold(least)]),
        texts.html(.depositOnly, ["currencies": .bold(currencies)]),
      ]),
      rows: [
        [copyButton(.buttonCopyAddress, view.address.base58)],
        [button(.buttonBalance, .balance), button(.buttonMenu, .home)],
      ], qr: view.uri)
  }

  private static func network(_ currency: Currency) -> String {
    switch currency {
    case .trx: "TRX"
    case .usdt: "USDT (TRC-20)"
    }
  }

  func credited(_ event: DepositCredited) -> BotHTML {
    let balance = Money(event.available, event.money.currency)
    return page([
      title(.creditedTitle),
      block([
        texts.html(.creditedLine, ["amount": .bold(Format.money(event.money)), "address": .code(event.address.base58)]),
        texts.html(.transactionLine, ["transaction": .code(event.txID.hex)]),
        texts.html(.creditedBalance, ["balance": .bold(Format.money(balance))]),
      ]),
    ])
  }
}
