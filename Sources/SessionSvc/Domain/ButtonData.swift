import Contracts
import TronKit

/// What a button says when it is pressed: `v1:name` or `v1:name:argument`, at most 64 bytes (Telegram's limit). An
/// old keyboard
/// can be pressed for ever, so none of these moves money by itself: `confirm` only names the offer that the
/// conversation holds.
enum ButtonData: Sendable, Equatable {
  static let bytesMax = Screen.dataBytesMax
  private static let version = "v1"

  case menu
  /// The menu in a new message: from screens that are to stay as they are.
  case home
  case rent
  case energy(Energy)
  case otherEnergy
  case duration(seconds: Int64)
  case receiver(TronAddress)
  case confirm(OrderID)
  case addresses
  case addAddress
  case address(TronAddress)
  case removeAddress(TronAddress)
  case rentFor(TronAddress)
  case rename(TronAddress)
  case makeDefault(TronAddress)
  case balance
  case deposit
  case orders(after: OrderID?)
  case order(OrderID)
  case language
  case setLanguage(Language)
  case help
  case alerts(Bool)

  var text: String {
    let (name, argument) = parts
    return argument.isEmpty ? "\(Self.version):\(name)" : "\(Self.version):\(name):\(argument)"
  }

  private var parts: (String, String) {
    switch self {
    case .menu: ("menu", "")
    case .home: ("home", "")
    case .rent: ("rent", "")
    case .energy(let energy): ("e", "\(energy.value)")
    case .otherEnergy: ("eo", "")
    case .duration(let seconds): ("d", "\(seconds)")
    case .receiver(let address): ("r", address.base58)
    case .confirm(let order): ("ok", order.text)
    case .addresses: ("a", "")
    case .addAddress: ("an", "")
    case .address(let address): ("av", address.base58)
    case .removeAddress(let address): ("ar", address.base58)
    case .rentFor(let address): ("rf", address.base58)
    case .rename(let address): ("rn", address.base58)
    case .makeDefault(let address): ("df", address.base58)
    case .balance: ("b", "")
    case .deposit: ("dp", "")
    case .orders(let after): ("o", after?.text ?? "")
    case .order(let order): ("ov", order.text)
    case .language: ("lang", "")
    case .setLanguage(let language): ("l", language.rawValue)
    case .help: ("h", "")
    case .alerts(let isOn): ("al", isOn ? "on" : "off")
    }
  }

  /// nil for everything that `text` does not produce.
  init?(_ text: String) {
    guard text.utf8.count <= Self.bytesMax else { return nil }
    let words = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(words.count), words[0] == Self.version else { return nil }
    let parsed = words.count == 2 ? Self.plain(words[1]) : Self.parse(words[1], words[2])
    guard let parsed, parsed.text == text else { return nil }
    self = parsed
  }

  private static func plain(_ name: String) -> ButtonData? {
    let all: [ButtonData] = [
      .menu, .home, .rent, .otherEnergy, .addresses, .addAddress, .balance, .deposit, .orders(after: nil), .language,
      .help,
    ]
    return all.first { $0.parts.0 == name }
  }

  private static func parse(_ name: String, _ argument: String) -> ButtonData? {
    switch name {
    case "e": Int64(argument).flatMap { $0 > 0 ? .energy(Energy($0)) : nil }
    case "d": Int64(argument).flatMap { $0 > 0 ? .duration(seconds: $0) : nil }
    case "r": address(argument).map(ButtonData.receiver)
    case "av": address(argument).map(ButtonData.address)
    case "ar": address(argument).map(ButtonData.removeAddress)
    case "rf": address(argument).map(ButtonData.rentFor)
    case "rn": address(argument).map(ButtonData.rename)
    case "df": address(argument).map(ButtonData.makeDefault)
    case "ok": OrderID(parsing: argument).map(ButtonData.confirm)
    case "o": OrderID(parsing: argument).map { .orders(after: $0) }
    case "ov": OrderID(parsing: argument).map(ButtonData.order)
    case "l": Language(rawValue: argument).map(ButtonData.setLanguage)
    case "al": ["on": .alerts(true), "off": .alerts(false)][argument]
    default: nil
    }
  }

  private static func address(_ text: String) -> TronAddress? {
    do {
      return try TronAddress(parsing: text)
    } catch {
      return nil  // Data that is not ours; the caller answers with the menu.
    }
  }
}
