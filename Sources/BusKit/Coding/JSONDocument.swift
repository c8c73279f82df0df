import Foundation

/// A JSON text with its tokens: what every decoding container looks into.
final class JSONDocument {
  let bytes: [UInt8]
  private var tokens: JSONTokens
  /// Stands for a value that is not there.
  let absent: Int

  static let root = 0

  init(_ bytes: [UInt8]) throws(JSONSyntaxError) {
    self.bytes = bytes
    var failure: JSONSyntaxError?
    var scanned = JSONTokens(capacity: 0)
    bytes.withUnsafeBufferPointer { buffer in
      var scanner = JSONScanner(buffer)
      do throws(JSONSyntaxError) {
        try scanner.scan()
        scanned = scanner.take()
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    absent = scanned.count
    scanned.append(JSONToken(kind: .null, start: 0, end: 0))
    tokens = scanned
  }

  @inline(__always)
  func token(_ index: Int) -> JSONToken { tokens[index] }

  @inline(__always)
  func withText<R>(of token: JSONToken, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[token.text])) }
  }

  /// A checked string, with its escapes resolved.
  @inline(__always)
  func text(_ token: JSONToken) -> String {
    withText(of: token) { text in
      if token.flags.contains(.escaped) { return String(decoding: JSONText.unescape(text), as: UTF8.self) }
      return String(decoding: text, as: UTF8.self)
    }
  }

  // MARK: - Moving

  /// The token after a value.
  @inline(__always)
  func after(_ index: Int) -> Int {
    let token = tokens[index]
    return token.isContainer ? Int(token.end) : index + 1
  }

  /// The value of a key. Searching goes on from the key found last, so reading keys in their order in the text, or
  /// asking again for the same, takes one comparison each.
  func find(_ key: String, in object: Int) -> Int? {
    let container = tokens[object]
    let (first, end) = (object + 1, Int(container.end))
    guard first < end else { return nil }
    var key = key
    return key.withUTF8 { name in
      bytes.withUnsafeBufferPointer { bytes in
        var index = Int(container.extra)
        repeat {
          let token = tokens[index]
          if matches(token, name, bytes) {
            tokens[object].extra = UInt32(truncatingIfNeeded: index)
            return index + 1
          }
          index = after(index + 1)
          if index == end { index = first }
        } while index != container.extra
        return nil
      }
    }
  }

  @inline(__always)
  private func matches(
    _ token: JSONToken, _ name: UnsafeBufferPointer<UInt8>, _ bytes: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    if token.flags.contains(.escaped) { return name.elementsEqual(text(token).utf8) }
    guard Int(token.end) - Int(token.start) == name.count else { return false }
    guard let base = bytes.baseAddress, let wanted = name.baseAddress else { return name.isEmpty }
    return memcmp(base + Int(token.start), wanted, name.count) == 0
  }

  func keys(of object: Int) -> [String] {
    var keys: [String] = []
    var index = object + 1
    while index < tokens[object].end {
      keys.append(text(tokens[index]))
      index = after(index + 1)
    }
    return keys
  }

  // MARK: - Saying where

  /// Worked out only when somebody asks: downwards, into the container that holds the token.
  func path(of index: Int) -> [any CodingKey] {
    var path: [any CodingKey] = []
    var container = Self.root
    while container < index, tokens[container].isContainer, index < tokens[container].end {
      let isObject = tokens[container].kind == .object
      var child = container + 1
      var position = 0
      var key = JSONKey(intValue: 0)
      while child < tokens[container].end {
        if isObject {
          key = JSONKey(stringValue: text(tokens[child]))
          child += 1
        } else {
          key = JSONKey(intValue: position)
          position += 1
        }
        if index < after(child) { break }
        child = after(child)
      }
      path.append(key)
      container = child
    }
    return path
  }

  /// The beginning of a value as it stands in the text.
  func excerpt(_ index: Int) -> String {
    let token = tokens[index]
    let start = token.kind == .string ? Int(token.start) - 1 : Int(token.start)
    let end = token.isContainer ? start + 60 : token.kind == .string ? Int(token.end) + 1 : Int(token.end)
    let shown = bytes[min(start, bytes.count)..<min(end, start + 60, bytes.count)]
    return String(decoding: shown, as: UTF8.self) + (end - start > 60 || token.isContainer ? "…" : "")
  }

  func mismatch(_ type: Any.Type, _ index: Int) -> DecodingError {
    let path = path(of: index)
    if tokens[index].kind == .null {
      return .valueNotFound(type, .init(codingPath: path, debugDescription: "null instead of \(type)"))
    }
    return .typeMismatch(type, .init(codingPath: path, debugDescription: "\(excerpt(index)) is not \(type)"))
  }

  func corrupted(_ reason: String, _ index: Int) -> DecodingError {
    .dataCorrupted(.init(codingPath: path(of: index), debugDescription: "\(excerpt(index)) \(reason)"))
  }
}

extension JSONScanner {
  consuming func take() -> JSONTokens { tokens }
}
