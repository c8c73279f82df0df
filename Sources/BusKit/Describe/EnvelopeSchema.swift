/// The fields of a stream entry beside the body, as a schema. All are strings, as Redis keeps them.
enum EnvelopeSchema {
  static let schema = JSONSchema.object([
    "id": .string(format: "uuid").described("The message's only identity, a version 7 UUID."),
    "type": .string().described("The message's type, owner.Name."),
    "ver": .string(pattern: "^[0-9]+$").described("The version of the body's meaning."),
    "key": .string().described("Messages of one key go to one partition."),
    "ts": .string(pattern: "^[0-9]+$").described("When it was written, in Unix milliseconds."),
    "ttl": .string(pattern: "^-?[0-9]*$")
      .described("For how many milliseconds after `ts` it is worth acting on; empty: always."),
    "cor": .string().described("Ties everything together that one request caused."),
    "cau": .string().described("The id of the message that caused this one, or empty."),
    "tp": .string().described("W3C traceparent, or empty."),
    "rt": .string().described("The process that waits for an answer, or empty."),
    "ct": .string().described("The content type of the body."),
  ])

  static func of(type: String, version: Int) -> JSONSchema {
    JSONSchema([
      "allOf": [
        ["$ref": "#/components/schemas/Envelope"],
        ["type": "object", "properties": ["type": ["const": .string(type)], "ver": ["const": .string("\(version)")]]],
      ]
    ])
  }
}
