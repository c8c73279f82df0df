/// Builds an object the way protobuf's JSON form does: zero, false and empty values are left out.
struct JSONObject {
  private(set) var members: [(key: String, value: JSON)] = []

  mutating func set(_ key: String, _ value: JSON) { members.append((key, value)) }
  mutating func set(_ key: String, nonZero value: Int64) { if value != 0 { members.append((key, .int(value))) } }
  mutating func set(_ key: String, nonEmpty value: String) {
    if !value.isEmpty { members.append((key, .string(value))) }
  }
  mutating func set(_ key: String, nonEmpty value: [JSON]) {
    if !value.isEmpty { members.append((key, .array(value))) }
  }
  mutating func set(_ key: String, ifTrue value: Bool) { if value { members.append((key, .bool(true))) } }

  var json: JSON { .object(members) }
  var isEmpty: Bool { members.isEmpty }
}
