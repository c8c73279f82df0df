import Foundation

/// A system's messages as an AsyncAPI 3.0 document: a channel per topic, every message with its envelope and body, and
/// what each service sends and receives. Made from the types, so that it says what the code does.
public struct AsyncAPIDocument: Sendable, Encodable {
  /// The document as a value.
  public let json: JSON

  /// - Throws: `SchemaError` for a message of which no schema can be made.
  public init(_ catalog: MessageCatalog, title: String, version: String, description: String) throws {
    let schemas = SchemaGenerator(prefix: "#/components/schemas/")
    var messages: [String: JSON] = ["bus.QueryFailure": try Self.message(failure: schemas)]
    for type in catalog.messages {
      messages[type.messageType] = try Self.message(type, schemas)
      if let query = type as? any Query.Type {
        messages[Self.answer(to: query)] = try Self.message(answerTo: query, schemas)
      }
    }
    var channels = [Topic.answers: Self.answersChannel(messages.keys.filter { Self.isAnswer($0, catalog) })]
    for topic in catalog.topics { channels[topic.name] = Self.channel(topic, catalog) }
    json = [
      "asyncapi": "3.0.0",
      "info": ["title": .string(title), "version": .string(version), "description": .string(description)],
      "defaultContentType": "application/json",
      "channels": .object(channels),
      "operations": .object(catalog.topics.reduce(into: [:]) { $0.merge(Self.operations(on: $1, catalog)) { $1 } }),
      "components": [
        "messages": .object(messages),
        "schemas": .object(
          schemas.definitions.mapValues(\.json).merging(["Envelope": EnvelopeSchema.schema.json]) { $1 }),
      ],
    ]
  }

  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }

  /// For people: indented, with sorted keys.
  public func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(json), as: UTF8.self)
  }

  // MARK: - Messages

  static func answer(to query: any Query.Type) -> String { "\(query.messageType).Reply" }

  private static func isAnswer(_ name: String, _ catalog: MessageCatalog) -> Bool {
    catalog.messages.first { $0.messageType == name }.map { MessageCatalog.isAnswer($0) } ?? true
  }

  private static func message<M: Message>(_ type: M.Type, _ schemas: SchemaGenerator) throws -> JSON {
    message(M.messageType, version: M.messageVersion, payload: try schemas.schema(of: type)).merging([
      "x-kind": type is any Query.Type ? "query" : type is any Event.Type ? "event" : "command"
    ])
  }

  private static func message<Q: Query>(answerTo type: Q.Type, _ schemas: SchemaGenerator) throws -> JSON {
    message(answer(to: type), version: 1, payload: try schemas.schema(of: Q.Reply.self)).merging(["x-kind": "answer"])
  }

  private static func message(failure schemas: SchemaGenerator) throws -> JSON {
    message(QueryServer.failureType, version: 1, payload: try schemas.schema(of: QueryFailure.self))
      .merging(["x-kind": "answer", "summary": "The answer to a question that could not be answered."])
  }

  private static func message(_ name: String, version: Int, payload: JSONSchema) -> JSON {
    [
      "name": .string(name), "contentType": "application/json", "x-version": .integer(Int64(version)),
      "headers": EnvelopeSchema.of(type: name, version: version).json, "payload": payload.json,
      "correlationId": ["location": "$message.header#/cor"],
    ]
  }

  static func reference(_ path: String...) -> JSON { ["$ref": .string("#/" + path.joined(separator: "/"))] }
}
