import Contracts
import TronKit

/// The address book, and what is wrong with a text that is no address.
extension Screens {
  func addresses(_ saved: [SavedAddress]) -> Screen {
    let isFull = saved.count >= SavedAddress.countMax
    let body: BotHTML =
      saved.isEmpty
      ? texts.html(.addressesNone) : isFull ? texts.html(.addressesFull, ["count": "\(saved.count)"]) : ""
    let choices = saved.map { [Screen.Button(name($0), .data(ButtonData.address($0.address).text))] }
    return Screen(
      html: page([title(.addressesTitle), body]),
      rows: choices + (isFull ? [] : [[button(.buttonAddAddress, .addAddress)]]) + [[menuButton]])
  }

  /// - Parameter saved: as it stands in the address book; nil: not there, or not known.
  func address(_ address: TronAddress, _ chain: ChainAccountView?, saved: SavedAddress?) -> Screen {
    let note: BotHTML =
      switch chain {
      case .some(let chain) where chain.isContract: texts.html(.addressIsContract)
      case .some(let chain) where !chain.isActivated: texts.html(.addressNotActivated)
      default: ""
      }
    let label = saved.map { $0.label.isEmpty ? [] : [BotHTML.bold($0.label.cut(to: 160))] } ?? []
    let isDefault = saved?.isDefault == true ? [texts.html(.addressIsDefault)] : []
    var change = saved == nil ? [] : [button(.buttonRename, .rename(address))]
    if saved?.isDefault == false { change.append(button(.buttonDefault, .makeDefault(address))) }
    return Screen(
      html: page([
        title(.addressTitle), block(label + [.code(address.base58), holdings(chain)] + isDefault), note,
      ]),
      rows: [[button(.buttonRent, .rentFor(address)), copyButton(.buttonCopyAddress, address.base58)]]
        + (change.isEmpty ? [] : [change]) + [
        [button(.buttonRemove, .removeAddress(address)), button(.buttonBack, .addresses)], [menuButton],
      ])
  }

  func askAddress(problem: TronAddressError?) -> Screen {
    Screen(
      html: page((problem.map { [addressProblem($0)] } ?? []) + [texts.html(.askAddress)]),
      rows: [[button(.buttonBack, .addresses), menuButton]])
  }

  /// - Parameter problem: why the label sent before was refused.
  func askLabel(_ address: TronAddress, problem: TextKey?) -> Screen {
    let question = texts.html(.askLabel, ["address": .code(address.base58)])
    return Screen(
      html: page((problem.map { [texts.html($0)] } ?? []) + [question]),
      rows: [[button(.buttonBack, .address(address)), menuButton]])
  }

  func renamed(_ address: TronAddress, _ label: String) -> Screen {
    done(texts.html(.addressRenamed, ["label": .bold(label), "address": .code(address.base58)]))
  }

  func becameDefault(_ address: TronAddress) -> Screen {
    done(texts.html(.addressBecameDefault, ["address": .code(address.base58)]))
  }

  /// The sentence for a label that wallet-svc refused; nil for its other refusals.
  static func labelProblem(_ code: String) -> TextKey? {
    ["label_too_long": .labelTooLong, "label_unprintable": .labelUnprintable][code]
  }

  func refused(_ address: TronAddress, _ code: String) -> Screen {
    switch code {
    case "address_not_saved": done(texts.html(.addressNotSaved, ["address": .code(address.base58)]))
    case "too_many_addresses": notSaved(address, texts.html(.addressesFull, ["count": "\(SavedAddress.countMax)"]))
    case "address_unusable": notSaved(address, texts.html(.addressUnusable))
    default: done(texts.html(.addressRefused, ["address": .code(address.base58)]))
    }
  }

  private func notSaved(_ address: TronAddress, _ why: BotHTML) -> Screen {
    done(page([texts.html(.addressNotAdded, ["address": .code(address.base58)]), why]))
  }

  private func done(_ html: BotHTML) -> Screen {
    Screen(html: html, rows: [[button(.buttonAddresses, .addresses), menuButton]])
  }

  func saved(_ address: TronAddress) -> Screen {
    Screen(
      html: texts.html(.addressSaved, ["address": .code(address.base58)]),
      rows: [[button(.buttonRent, .rentFor(address))], [button(.buttonAddresses, .addresses), menuButton]])
  }

  func removed(_ address: TronAddress) -> Screen {
    Screen(
      html: texts.html(.addressRemoved, ["address": .code(address.base58)]),
      rows: [[button(.buttonAddresses, .addresses), menuButton]])
  }

  /// What the chain says of an address.
  func holdings(_ chain: ChainAccountView?) -> BotHTML {
    guard let chain else { return texts.html(.holdingsUnknown) }
    let line = texts.html(
      .holdingsLine,
      [
        "trx": BotHTML(text: Format.trx(chain.trx)), "usdt": BotHTML(text: Format.usdt(chain.usdt)),
        "energy": BotHTML(text: Format.grouped(chain.energy.value)),
        "bandwidth": BotHTML(text: Format.grouped(chain.bandwidth)),
      ])
    guard chain.isStale else { return line }
    return block([line, texts.html(.holdingsStale, ["time": BotHTML(text: Format.time(chain.asOf))])])
  }

  func name(_ saved: SavedAddress) -> String {
    let label = saved.label.trimmingWhitespace()
    let mark = saved.isDefault ? "⭐ " : ""
    return mark + (label.isEmpty ? "" : "\(String(label.prefix(20)).cut(to: 40)) · ") + Format.short(saved.address)
  }

  func addressProblem(_ error: TronAddressError) -> BotHTML {
    let why: BotHTML =
      switch error.reason {
      case .wrongLength(let count): texts.html(.addressWrongLength, ["count": "\(count)"])
      case .badCharacter(let position, let character):
        texts.html(
          .addressBadCharacter,
          ["position": "\(position + 1)", "character": BotHTML(text: String(character).cut(to: 8))])
      case .badChecksum: texts.html(.addressBadChecksum)
      case .wrongPrefix: texts.html(.addressWrongPrefix)
      case .badHex: texts.html(.addressBadHex)
      }
    return block([texts.html(.badAddress, ["value": .code(error.value.cut(to: 65))]), why])
  }
}
