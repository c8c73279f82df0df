import Foundation

/// The parameters of a call, wherever they stood: query, form, multipart or JSON. Numbers and objects may come as text.
struct Parameters: Sendable {
  private(set) var values: [String: JSON]
  /// Files of a multipart body, by field.
  private(set) var files: [String: Data] = [:]

  init(_ values: [String: JSON] = [:]) { self.values = values }

  /// - Parameters:
  ///   - query: the raw query of the URL, without `?`. What the body says wins.
  ///   - contentType: of the body; without one a body is ignored, as Telegram does.
  init(query: String, contentType: String?, body: Data) throws {
    values = Self.form(query)
    let type = contentType?.split(separator: ";").first.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    switch type {
    case "application/json" where !body.isEmpty:
      guard let json = Self.parse(body), let fields = json.fields else {
        throw BotAPIError.badRequest("can't parse JSON object")
      }
      values.merge(fields) { _, new in new }
    case "application/x-www-form-urlencoded":
      values.merge(Self.form(String(decoding: body, as: UTF8.self))) { _, new in new }
    case "multipart/form-data":
      guard let boundary = Multipart.boundary(contentType ?? "") else {
        throw BotAPIError.badRequest("multipart body without a boundary")
      }
      let parts = Multipart.parts(body, boundary: boundary)
      values.merge(parts.fields) { _, new in new }
      files = parts.files
    default: break
    }
  }

  /// For the list of calls: files as their size.
  var listed: [String: JSON] {
    values.merging(files.mapValues { .string("a file of \($0.count) bytes") }) { _, file in file }
  }

  /// Text; a number or object given instead is turned into its JSON text. Missing and null are nil.
  func text(_ name: String) throws -> String? {
    switch values[name] {
    case nil, .null?: nil
    case .string(let text)?: text
    case let other?: String(decoding: try other.encoded(), as: UTF8.self)
    }
  }

  func int(_ name: String) -> Int? { values[name]?.int }
  func flag(_ name: String) -> Bool { values[name]?.flag ?? false }

  /// An object or array, given as such or as JSON text. Missing, null and empty text are nil.
  func json(_ name: String) throws -> JSON? {
    switch values[name] {
    case nil, .null?, .string("")?: return nil
    case .string(let text)?:
      guard let json = Self.parse(Data(text.utf8)) else {
        throw BotAPIError.badRequest("can't parse \(name) JSON object")
      }
      return json
    case let other?: return other
    }
  }

  /// A list of words, such as `allowed_updates`; nil when it was not given.
  func words(_ name: String) throws -> [String]? {
    guard let json = try json(name) else { return nil }
    guard let items = json.items else { throw BotAPIError.badRequest("can't parse \(name) JSON array") }
    return items.compactMap(\.text)
  }

  private static func parse(_ data: Data) -> JSON? {
    do { return try JSON(parsing: data) } catch { return nil }
  }

  private static func form(_ text: String) -> [String: JSON] {
    var fields: [String: JSON] = [:]
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = decode(parts[0]), !name.isEmpty else { continue }
      fields[name] = .string(parts.count > 1 ? decode(parts[1]) ?? "" : "")
    }
    return fields
  }

  private static func decode(_ text: Substring) -> String? {
    text.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
  }
}
