import Contracts
import TronKit

/// The bot's screens in one language: pure functions from data to a message with its keyboard.
struct Screens: Sendable {
  let texts: TextTable

  init(_ language: Language) { texts = .of(language) }

  /// - Parameter notice: a sentence above the menu.
  func menu(notice: TextKey?) -> Screen {
    let body = page([title(.menuTitle), texts.html(.menuBody)])
    return Screen(
      html: notice.map { page([texts.html($0), body]) } ?? body,
      rows: [
        [button(.buttonRent, .rent)],
        [button(.buttonAddresses, .addresses), button(.buttonBalance, .balance)],
        [button(.buttonOrders, .orders(after: nil)), button(.buttonLanguage, .language)],
        [button(.buttonHelp, .help)],
      ])
  }

  func help() -> Screen {
    Screen(
      html: page([title(.helpTitle), texts.html(.helpBody), texts.html(.helpCommands)]),
      rows: [[button(.buttonRent, .rent), menuButton]])
  }

  func languages() -> Screen {
    Screen(
      html: title(.languageTitle),
      rows: Language.allCases.map { [Screen.Button($0.nativeName, .data(ButtonData.setLanguage($0).text))] }
        + [[menuButton]])
  }

  func alerts() -> Screen {
    Screen(
      html: page([title(.alertsTitle), texts.html(.alertsBody)]),
      rows: [[button(.buttonAlertsOn, .alerts(true)), button(.buttonAlertsOff, .alerts(false))], [menuButton]])
  }

  func alertsSet(_ isOn: Bool) -> Screen {
    Screen(
      html: page([title(.alertsTitle), texts.html(isOn ? .alertsOn : .alertsOff)]),
      rows: [[isOn ? button(.buttonAlertsOff, .alerts(false)) : button(.buttonAlertsOn, .alerts(true))], [menuButton]])
  }

  func balance(_ balance: CustomerBalance, _ customer: CustomerID) -> Screen {
    var lines = [texts.html(.balanceLine, ["balance": .bold(Format.trx(balance.available))])]
    if let usdt = balance.usdt { lines.append(texts.html(.usdtLine, ["usdt": .bold(Format.usdt(usdt))])) }
    if balance.held > .zero { lines.append(texts.html(.heldLine, ["held": BotHTML(text: Format.trx(balance.held))])) }
    let number = texts.html(.customerLine, ["customer": .code(customer.text)])
    return Screen(
      html: page([title(.balanceTitle), block(lines), block([number, texts.html(.topUpHint)])]),
      rows: [
        [button(.buttonDeposit, .deposit)], [copyButton(.buttonCopyCustomer, customer.text)],
        [button(.buttonRetry, .balance), menuButton],
      ])
  }

  /// Something did not work; the customer can try again or leave.
  func sorry(_ reason: TextKey, retry: ButtonData) -> Screen {
    Screen(html: texts.html(reason), rows: [[button(.buttonRetry, retry), menuButton]])
  }

  // MARK: - Building blocks

  var menuButton: Screen.Button { button(.buttonMenu, .menu) }

  func button(_ label: TextKey, _ data: ButtonData) -> Screen.Button {
    Screen.Button(texts.plain(label), .data(data.text))
  }

  func copyButton(_ label: TextKey, _ text: String) -> Screen.Button {
    Screen.Button(texts.plain(label), .copy(text))
  }

  func title(_ key: TextKey) -> BotHTML { .bold(texts.plain(key)) }

  /// Lines that belong together.
  func block(_ lines: [BotHTML]) -> BotHTML { join(lines, "\n") }
  /// Paragraphs.
  func page(_ blocks: [BotHTML]) -> BotHTML { join(blocks.filter { !$0.source.isEmpty }, "\n\n") }

  private func join(_ parts: [BotHTML], _ separator: String) -> BotHTML {
    parts.dropFirst().reduce(parts.first ?? BotHTML(text: "")) { $0 + BotHTML(text: separator) + $1 }
  }
}
