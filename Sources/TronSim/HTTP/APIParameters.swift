/// The parameters of a call, lenient about types as java-tron is ("5" for 5).
struct APIParameters {
  private let json: JSON
  private let query: [(name: String, value: String)]

  init(json: JSON = .object([]), query: [(name: String, value: String)] = []) {
    self.json = json
    self.query = query
  }

  var object: JSON { json }

  func string(_ name: String) -> String? {
    switch json[name] {
    case .string(let value): value
    case .int(let value): String(value)
    case .bool(let value): String(value)
    default: query.first { $0.name == name }?.value
    }
  }

  /// The same question for the next page.
  func link(_ path: String, fingerprint: String) -> String {
    let kept = query.filter { $0.name != "fingerprint" } + [(name: "fingerprint", value: fingerprint)]
    return path + "?" + kept.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }

  func int(_ name: String) -> Int64? { string(name).flatMap { Int64($0) } }
  func bool(_ name: String) -> Bool { string(name) == "true" }

  /// Addresses and texts are base58 and UTF-8 when true, hex when false.
  var visible: Bool { bool("visible") }

  /// `nil` when the parameter is absent or is a well-formed text that is no address: such an account does not exist.
  func address(_ name: String) throws(APIError) -> Address? {
    guard let text = string(name), !text.isEmpty else { return nil }
    return try Self.address(text, visible: visible)
  }

  /// With java-tron's answers to bad texts.
  static func address(_ text: String, visible: Bool) throws(APIError) -> Address? {
    let parseException = "org.tron.core.services.http.JsonFormat$ParseException"
    if visible {
      guard Base58.decode(text) != nil else { throw .java(parseException, "1:13: INVALID base58 String") }
      guard let address = Address(base58: text) else { throw .nullPointer }
      return address
    }
    guard let bytes = Hex.decode(text) else { throw .java(parseException, "1:13: INVALID hex String") }
    return Address(bytes: bytes)
  }
}
