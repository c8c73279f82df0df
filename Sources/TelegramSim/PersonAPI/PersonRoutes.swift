import Foundation
import Hummingbird

/// The person's side: what the chat page and automated tests use. JSON in and out; refusals are `{"error": …}`.
///
/// Where more than one bot has called, `?bot=ID` picks one; otherwise the first that called is meant. 409 while none
/// has.
///
/// - `GET /sim/bots` →
///   `{"bots":[{"id","username","first_name","pending_update_count","mode":"polling|webhook"}]}`
/// - `POST /sim/chats {"user_id"?, "first_name", "username"?, "language_code"?}` →
///   `{"chat_id","user_id","first_name","username"?,"language_code"}`; an existing `user_id` is renamed. Chat id
///   and user id are the same. `GET /sim/chats` → `{"chats":[…]}`
/// - `POST /sim/chats/{id}/messages {"text"}` → `{"message_id","update_id"?}`; queues an update
/// - `POST /sim/chats/{id}/press {"message_id","data"}` → `{"callback_id"}`; queues a callback query
/// - `GET /sim/chats/{id}/messages?after_version=N&wait=SECONDS` → `{"version","blocked","messages":[{"message_id",
///   "from":"bot|user","text","html","photo"?,"entities","date","edit_date"?,"reply_markup"?,"version"}],
///   "deleted":[{"message_id","version"}],"toasts":[{"callback_id","text","show_alert","url"?,"version"}]}`; what
///   changed after version N, waiting up to `wait` (at most 50) seconds for a change. A toast with empty text only says
///   that the press was answered. `photo` is `{"file_id","url","width","height"}`; the text is its caption then.
/// - `GET /sim/files/{id}` → a picture that a bot sent
/// - `GET /sim/chats/{id}/commands` → `{"commands":[{"command","description"}]}` in the person's language
/// - `POST /sim/chats/{id}/block`, `POST /sim/chats/{id}/unblock`; queue a `my_chat_member` update
/// - `POST /sim/faults {"method","error_code","description"?,"retry_after"?,"count"?,"applied"?}`: the next `count`
///   calls of the method (`*`: any) fail so; with `applied` they take effect and only their answer is lost.
///   `GET /sim/faults`, `DELETE /sim/faults`
/// - `POST /sim/updates/duplicate {"update_id"}`: hands the update out once more
/// - `GET /sim/journal?method=NAME&after=NUMBER` → `{"calls":[{"number","at","bot_id","method","parameters","ok",
///   "error_code"?,"description"?}]}`; the last 5000 calls (polls: 100) of bots, without tokens; `after` leaves out
///   what has been read before
/// - `GET /healthz`
struct PersonRoutes: Sendable {
  let simulator: Simulator

  func add(to router: Router<BasicRequestContext>) {
    router.get("/sim/bots") { _, _ in try jsonResponse(try bots()) }
    router.get("/sim/chats") { _, _ in
      let people = try simulator.with { Array($0.state.people.values) }.sorted { $0.id < $1.id }
      return try jsonResponse(["chats": .array(people.map(Self.view))])
    }
    router.post("/sim/chats") { request, _ in try await respond { try saveChat(try await fields(request)) } }
    router.get("/sim/chats/{id}/messages") { request, context in
      try await respond { try await messages(request, chat: try chat(context)) }
    }
    router.get("/sim/chats/{id}/commands") { request, context in
      try await respond {
        let (chat, named) = (try chat(context), bot(request))
        return ["commands": try simulator.with { try $0.commands(chat: chat, bot: try $0.chosenBot(named)) }]
      }
    }
    router.post("/sim/chats/{id}/messages") { request, context in
      try await respond { try say(try await fields(request), chat: try chat(context), named: bot(request)) }
    }
    router.post("/sim/chats/{id}/press") { request, context in
      try await respond { try press(try await fields(request), chat: try chat(context), named: bot(request)) }
    }
    router.get("/sim/files/{id}") { _, context in
      guard let id = context.parameters.get("id"), let file = try simulator.with({ $0.state.shelf.find(id) }) else {
        return try jsonResponse(["error": "there is no such file, or it was dropped for newer ones"], status: 404)
      }
      return pngResponse(file.bytes)
    }
    for (path, blocked) in [("block", true), ("unblock", false)] {
      router.post("/sim/chats/{id}/\(path)") { request, context in
        try await respond {
          let (chat, named) = (try chat(context), bot(request))
          try simulator.with {
            try $0.setBlocked(blocked, chat: chat, bot: try $0.chosenBot(named), now: Simulator.now)
          }
          return ["blocked": .bool(blocked)]
        }
      }
    }
    addControls(to: router)
  }

  private func addControls(to router: Router<BasicRequestContext>) {
    router.post("/sim/faults") { request, _ in try await respond { try addFault(try await fields(request)) } }
    router.get("/sim/faults") { _, _ in
      let faults = try simulator.with { $0.faults }
      return try jsonResponse(["faults": .array(faults.map(Self.view))])
    }
    router.delete("/sim/faults") { _, _ in
      try simulator.with { $0.faults.removeAll() }
      return try jsonResponse(["faults": []])
    }
    router.post("/sim/updates/duplicate") { request, _ in
      try await respond {
        let id = try Self.need(try await fields(request), "update_id", \.int)
        let named = bot(request)
        let bot = try simulator.with { try $0.chosenBot(named) }
        try simulator.with(ringing: [.bot(bot), .webhooks]) { try $0.duplicate(update: id, bot: bot) }
        return ["update_id": .integer(id)]
      }
    }
    router.get("/sim/journal") { request, _ in
      let method = request.uri.queryParameters["method"].map(String.init)
      let after = request.uri.queryParameters["after"].flatMap { Int($0) } ?? 0
      return try jsonResponse(["calls": .array(try simulator.with { $0.calls.list(method: method, after: after) })])
    }
  }

  // MARK: What the routes do

  private func bots() throws -> JSON {
    let bots = try simulator.with { world in world.state.botOrder.compactMap { world.state.bots[$0] } }
    return [
      "bots": .array(
        bots.map { bot in
          [
            "id": .integer(bot.id), "username": .string(bot.username), "first_name": bot.user["first_name"] ?? "",
            "pending_update_count": .integer(bot.updates.count), "mode": bot.webhook == nil ? "polling" : "webhook",
          ]
        })
    ]
  }

  private func saveChat(_ fields: JSON) throws -> JSON {
    let person = try simulator.with {
      try $0.save(
        userID: fields["user_id"]?.int, firstName: fields["first_name"]?.text ?? "",
        username: fields["username"]?.text, languageCode: fields["language_code"]?.text ?? "en")
    }
    return Self.view(person)
  }

  private func say(_ fields: JSON, chat: Int, named: Int?) throws -> JSON {
    let text = try Self.need(fields, "text", \.text)
    let said = try simulator.with {
      try $0.say(text, chat: chat, bot: try $0.chosenBot(named), now: Simulator.now)
    }
    return .object(compact: ["message_id": .integer(said.message), "update_id": said.update.map(JSON.integer)])
  }

  private func press(_ fields: JSON, chat: Int, named: Int?) throws -> JSON {
    let message = try Self.need(fields, "message_id", \.int)
    let data = try Self.need(fields, "data", \.text)
    return try simulator.with {
      ["callback_id": .string(
        try $0.press(data, message: message, chat: chat, bot: try $0.chosenBot(named), now: Simulator.now))]
    }
  }

  private func messages(_ request: Request, chat: Int) async throws -> JSON {
    let named = bot(request)
    let after = request.uri.queryParameters["after_version"].flatMap { Int($0) } ?? 0
    let wait = request.uri.queryParameters["wait"].flatMap { Double($0) } ?? 0
    let deadline = Simulator.now + min(max(wait, 0), Double(Limits.waitSeconds))
    let bot = try simulator.with { try $0.chosenBot(named) }
    func look() throws -> JSON { try simulator.with { try $0.changes(chat: chat, bot: bot, after: after) } }
    guard deadline > Simulator.now else { return try look() }
    let changed = try await simulator.bell.wait(at: .chat(chat, bot: bot), until: deadline) { () -> JSON? in
      let changes = try look()
      return (changes["version"]?.int ?? 0) > after ? changes : nil
    }
    return try changed ?? look()
  }

  private func addFault(_ fields: JSON) throws -> JSON {
    let method = try Self.need(fields, "method", \.text).lowercased()
    let code = try Self.need(fields, "error_code", \.int)
    guard (400...599).contains(code) else { throw PersonAPIError(400, "error_code must be 400 to 599, not \(code)") }
    let retryAfter = fields["retry_after"]?.int
    let standard = code == 429 ? "Too Many Requests: retry after \(retryAfter ?? 1)" : "Internal Server Error"
    let fault = Fault(
      method: method,
      error: BotAPIError(
        code, fields["description"]?.text ?? standard, retryAfter: code == 429 ? retryAfter ?? 1 : retryAfter),
      remaining: min(max(fields["count"]?.int ?? 1, 1), 1_000_000), applied: fields["applied"]?.flag ?? false)
    try simulator.with { try $0.add(fault) }
    return Self.view(fault)
  }

  // MARK: Reading requests, showing values

  private func bot(_ request: Request) -> Int? { request.uri.queryParameters["bot"].flatMap { Int($0) } }

  private func chat(_ context: BasicRequestContext) throws -> Int {
    guard let id = context.parameters.get("id", as: Int.self) else {
      throw PersonAPIError(404, "the chat id in the path must be a number")
    }
    return id
  }

  private func fields(_ request: Request) async throws -> JSON {
    let bytes = try await request.bytes()
    do {
      return try JSON(parsing: bytes)
    } catch {
      throw PersonAPIError(400, "the body must be a JSON object")
    }
  }

  private static func need<Value>(_ fields: JSON, _ name: String, _ read: (JSON) -> Value?) throws -> Value {
    guard let value = fields[name].flatMap(read) else {
      throw PersonAPIError(400, "\(name) is missing or of the wrong type")
    }
    return value
  }

  private func respond(_ body: () async throws -> JSON) async throws -> Response {
    do {
      return try jsonResponse(try await body())
    } catch let refusal as PersonAPIError {
      return try jsonResponse(["error": .string(refusal.message)], status: refusal.status)
    } catch is BodyTooLarge {
      return try jsonResponse(["error": .string("the body is over \(Limits.bodyBytes) bytes")], status: 413)
    }
  }

  private static func view(_ person: Person) -> JSON {
    .object(compact: [
      "chat_id": .integer(person.id), "user_id": .integer(person.id), "first_name": .string(person.firstName),
      "username": person.username.map(JSON.string), "language_code": .string(person.languageCode),
    ])
  }

  private static func view(_ fault: Fault) -> JSON {
    .object(compact: [
      "method": .string(fault.method), "error_code": .integer(fault.error.code),
      "description": .string(fault.error.description), "retry_after": fault.error.retryAfter.map(JSON.integer),
      "count": .integer(fault.remaining), "applied": .bool(fault.applied),
    ])
  }
}
