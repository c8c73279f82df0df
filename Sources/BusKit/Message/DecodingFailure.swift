/// An entry or body that cannot be read, now or ever.
public struct DecodingFailure: Error, Sendable, CustomStringConvertible {
  /// The name of an envelope's field, or the path in a body, e.g. `legs[2].energy`.
  public let field: String
  /// What stands there, or why it cannot be read.
  public let value: String
  public var description: String { "cannot read field '\(field)': \(value.prefix(200))" }

  init(field: String, value: String) {
    self.field = field
    self.value = value
  }

  init(_ error: DecodingError, of type: Any.Type) {
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      self.init(field: Self.name(context.codingPath, type), value: context.debugDescription)
    case .keyNotFound(let key, let context):
      self.init(field: Self.name(context.codingPath + [key], type), value: "missing")
    @unknown default:
      self.init(field: "body of \(type)", value: "\(error)")
    }
  }

  private static func name(_ path: [any CodingKey], _ type: Any.Type) -> String {
    guard !path.isEmpty else { return "body of \(type)" }
    return path.reduce(into: "") { name, key in
      if let index = key.intValue {
        name += "[\(index)]"
      } else {
        name += name.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
  }
}
