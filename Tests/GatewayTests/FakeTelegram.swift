import Foundation
import Hummingbird
import Synchronization

@testable import Gateway

/// A Bot API that serves what a test queues, notes what the gateway calls, and fails when told to.
final class FakeTelegram: Sendable {
  struct Call: Sendable {
    let method: String
    let parameters: JSONValue
    var file: [UInt8]?
  }
  private struct State {
    var updates: [(id: Int64, json: JSONValue)] = []
    var calls: [Call] = []
    var failures: [String: [JSONValue]] = [:]
    var isHeld: Set<String> = []
    var lastMessageID: Int64 = 100
    var confirmed: Int64 = 0
  }
  static let token = "123456:test-token-abcdef"
  private let state = Mutex(State())

  func calls(_ method: String) -> [JSONValue] {
    state.withLock { $0.calls.filter { $0.method == method }.map(\.parameters) }
  }
  func files(_ method: String) -> [[UInt8]] {
    state.withLock { $0.calls.filter { $0.method == method }.compactMap(\.file) }
  }
  var confirmed: Int64 { state.withLock { $0.confirmed } }

  func fail(_ method: String, _ code: Int64, _ description: String, retryAfter: Int64? = nil) {
    var answer: [String: JSONValue] = ["ok": false, "error_code": .int(code), "description": .string(description)]
    if let retryAfter { answer["parameters"] = ["retry_after": .int(retryAfter)] }
    state.withLock { $0.failures[method, default: []].append(.object(answer)) }
  }

  /// Calls of the method are noted, and answered when it is let go.
  func hold(_ method: String) { state.withLock { _ = $0.isHeld.insert(method) } }
  func letGo(_ method: String) { state.withLock { _ = $0.isHeld.remove(method) } }

  func text(_ text: String, update id: Int64, user: Int64 = 42, language: String? = "en") {
    push(
      id,
      [
        "message": [
          "message_id": 1, "date": 1, "text": .string(text), "from": Self.user(user, language), "chat": Self.chat(user),
        ]
      ])
  }

  func press(_ data: String, update id: Int64, user: Int64 = 42) {
    push(
      id,
      [
        "callback_query": [
          "id": .string("cb\(id)"), "data": .string(data), "from": Self.user(user),
          "message": ["message_id": 1, "date": 1, "chat": Self.chat(user)],
        ]
      ])
  }

  func membership(isMember: Bool, update id: Int64, user: Int64 = 42) {
    push(
      id,
      [
        "my_chat_member": [
          "from": Self.user(user), "chat": Self.chat(user),
          "new_chat_member": ["status": isMember ? "member" : "kicked"],
        ]
      ])
  }

  private func push(_ id: Int64, _ members: [String: JSONValue]) {
    var members = members
    members["update_id"] = .int(id)
    let update = JSONValue.object(members)
    state.withLock { $0.updates.append((id, update)) }
  }

  /// - Parameter language: nil where Telegram does not say it.
  private static func user(_ id: Int64, _ language: String? = "en") -> JSONValue {
    var members: [String: JSONValue] = ["id": .int(id), "is_bot": false, "first_name": "Ann"]
    if let language { members["language_code"] = .string(language) }
    return .object(members)
  }
  private static func chat(_ id: Int64) -> JSONValue { ["id": .int(id), "type": "private"] }

  func application(port: Int) -> some ApplicationProtocol {
    let router = Router()
    router.post("/:bot/:method") { request, context -> Response in
      guard context.parameters.get("bot") == "bot" + Self.token else {
        return try Self.answer(["ok": false, "error_code": 401])
      }
      let method = context.parameters.get("method") ?? ""
      let body = Array(buffer: try await request.body.collect(upTo: 1 << 20))
      let (parameters, file) = try Self.read(body, type: request.headers[.contentType] ?? "")
      return try Self.answer(await self.reply(Call(method: method, parameters: parameters, file: file)))
    }
    return Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)))
  }

  /// JSON, or a form with text fields and one file.
  private static func read(_ body: [UInt8], type: String) throws -> (JSONValue, [UInt8]?) {
    guard let boundary = type.split(separator: "boundary=").dropFirst().first else {
      return (try JSONValue(parsing: body), nil)
    }
    var fields: [String: JSONValue] = [:]
    var file: [UInt8]?
    for part in body.split(separator: Array("--\(boundary)".utf8)) {
      guard let blank = part.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
      let head = String(decoding: part[..<blank.lowerBound], as: UTF8.self)
      let content = Array(part[blank.upperBound...].dropLast(2))
      guard let name = head.firstMatch(of: /name="([^"]*)"/)?.1 else { continue }
      if head.contains("filename=") {
        file = content
      } else {
        let text = String(decoding: content, as: UTF8.self)
        fields[String(name)] = text.hasPrefix("{") ? try JSONValue(parsing: content) : .string(text)
      }
    }
    return (.object(fields), file)
  }

  private static func answer(_ json: JSONValue) throws -> Response {
    Response(
      status: .init(code: Int(json["error_code"]?.int ?? 200)),
      body: .init(byteBuffer: ByteBuffer(bytes: try json.bytes())))
  }

  private func reply(_ call: Call) async -> JSONValue {
    let (method, parameters) = (call.method, call.parameters)
    let failure = state.withLock { state -> JSONValue? in
      state.calls.append(call)
      guard var queued = state.failures[method], !queued.isEmpty else { return nil }
      let first = queued.removeFirst()
      state.failures[method] = queued
      return first
    }
    await untilLetGo(method)
    if let failure { return failure }
    switch method {
    case "getUpdates": return ["ok": true, "result": .array(await updates(from: parameters["offset"]?.int ?? 0))]
    case "getMe": return ["ok": true, "result": ["id": 1, "is_bot": true, "username": "energy_bot"]]
    case "sendMessage", "sendPhoto":
      let id = state.withLock { state in
        state.lastMessageID += 1
        return state.lastMessageID
      }
      return ["ok": true, "result": ["message_id": .int(id)]]
    default: return ["ok": true, "result": true]
    }
  }

  private func untilLetGo(_ method: String) async {
    while state.withLock({ $0.isHeld.contains(method) }) {
      do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
    }
  }

  /// A long poll that a test does not wait for.
  private func updates(from offset: Int64) async -> [JSONValue] {
    for _ in 0..<20 {
      let found = state.withLock { state in
        state.confirmed = max(state.confirmed, offset)
        state.updates.removeAll { $0.id < offset }
        return state.updates.map(\.json)
      }
      if !found.isEmpty || Task.isCancelled { return found }
      do { try await Task.sleep(for: .milliseconds(20)) } catch { return [] }
    }
    return []
  }
}
