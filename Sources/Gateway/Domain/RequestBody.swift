import TronKit

/// What the bodies of requests have in common.
enum RequestBody {
  /// - Throws: `Problem` 400 when the body is no JSON object.
  static func object(_ body: [UInt8]) throws(Problem) -> [String: JSONValue] {
    let value: JSONValue
    do { value = try JSONValue(parsing: body) } catch {
      throw Problem(400, "invalid_json", "Invalid JSON", "The body is not valid JSON.")
    }
    guard case .object(let members) = value else {
      throw Problem(400, "invalid_json", "Invalid JSON", "The body must be a JSON object.")
    }
    return members
  }

  /// A misspelt field must not pass for one left out.
  static func unknown(in members: [String: JSONValue], known: Set<String>) -> [FieldError] {
    let list = known.sorted().joined(separator: ", ")
    return members.keys.sorted().filter { !known.contains($0) }.map { name in
      FieldError(
        pointer: "#/" + escaped(name), code: "unknown_field",
        detail: "There is no field '\(name.prefix(64))'; use \(list).")
    }
  }

  /// A required address, in base58 or hex.
  static func address(
    _ name: String, _ value: JSONValue?, _ remedy: String, _ errors: inout [FieldError]
  ) -> TronAddress? {
    let pointer = "#/\(name)"
    switch value {
    case nil, .null?:
      errors.append(FieldError(pointer: pointer, code: "required", detail: remedy))
      return nil
    case .string(let text)?:
      do { return try TronAddress(parsing: text) } catch {
        errors.append(FieldError(pointer: pointer, code: error.code, detail: error.description))
        return nil
      }
    case .some:
      errors.append(FieldError(pointer: pointer, code: "wrong_type", detail: "The address must be a string."))
      return nil
    }
  }

  /// RFC 6901.
  private static func escaped(_ name: String) -> String {
    String(name.prefix(64)).replacing("~", with: "~0").replacing("/", with: "~1")
  }
}
