import BusKit
import Contracts
import Foundation
import HTTPClient
import Logging
import QRCode
import Synchronization

/// Calls the Bot API. The token is part of every URL, so URLs appear in no error and no log.
final class TelegramClient: Sendable {
  /// Telegram's guidance: about 30 messages a second over all chats.
  static let messagesPerSecond = 30.0
  /// Presses are not acted upon while messages are further behind: whoever is answered that late presses again.
  static let lagMax = Duration.seconds(2)
  /// A photo that was not taken so often is left out.
  static let photoAttemptsMax = 3

  private let http: HTTPClient
  private let base: String
  private let start = ContinuousClock.now
  private let pace: Mutex<TokenBucket>
  private let lag: Mutex<MessageLag>

  /// - Parameters:
  ///   - token: `123456:ABC…`; checked by the settings.
  ///   - messagesPerSecond: of this process.
  init(
    baseURL: String, token: String, messagesPerSecond: Double = TelegramClient.messagesPerSecond, http: HTTPClient
  ) {
    base = "\(baseURL)/bot\(token)/"
    pace = Mutex(TokenBucket(perSecond: messagesPerSecond, burst: messagesPerSecond, now: .zero))
    lag = Mutex(MessageLag(perSecond: messagesPerSecond))
    self.http = http
  }

  /// Notes how long ago a message was asked for that is about to be sent.
  func beginMessage(age: Duration) { lag.withLock { $0.note(age: age, at: ContinuousClock.now - start) } }

  /// Whether messages go out so late that nothing more should be begun.
  var isBehind: Bool { lag.withLock { $0.lag(at: ContinuousClock.now - start) } > Self.lagMax }

  /// A call that is not counted as a message.
  func call(
    _ method: String, _ parameters: [String: JSONValue] = [:], file: TelegramFile? = nil,
    timeout: Duration = .seconds(10)
  ) async throws(TelegramError) -> JSONValue {
    let response: HTTPResponse
    do {
      let (type, body) = try Self.body(parameters, file)
      response = try await http.send(
        HTTPRequest(
          method: "POST", url: base + method, headers: [("Content-Type", type)], body: body, timeout: timeout,
          bodyLimit: 16 * 1024 * 1024))
    } catch {
      throw TelegramError(method: method, code: 0, message: "\(error)", verdict: .transient)
    }
    return try Self.result(method, status: response.status, body: response.body)
  }

  /// JSON, or a form where a file comes along.
  private static func body(
    _ parameters: [String: JSONValue], _ file: TelegramFile?
  ) throws -> (type: String, bytes: [UInt8]) {
    guard let file else { return ("application/json", try JSONValue.object(parameters).bytes()) }
    var form = MultipartForm()
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
      form.add(name, value: try value.string.map { Array($0.utf8) } ?? value.bytes())
    }
    form.add(file.field, file: file.name, type: file.type, content: file.bytes)
    return (form.contentType, form.body)
  }

  /// A message of its own that shows the screen: a photo where it has a QR code. When Telegram does not take the photo
  /// the text goes out alone, because it says everything: at once where it is refused or the server has no photos, and
  /// after `photoAttemptsMax` whatever the trouble, because all that the chat is told waits behind it.
  /// - Parameter attempt: 1 at first.
  func send(_ screen: Screen, chat: Int64, attempt: Int, logger: Logger) async throws(TelegramError) -> JSONValue {
    if attempt <= Self.photoAttemptsMax, let photo = Self.photo(screen, logger) {
      var parameters = ScreenPayload.caption(screen)
      parameters["chat_id"] = .int(chat)
      do {
        return try await post("sendPhoto", parameters, file: photo, logger: logger)
      } catch {
        // 404 is also what an unknown token is answered: then the text fails the same way.
        guard error.verdict == .refused || error.code == 404 else { throw error }
        logger.error("Telegram refuses a photo; its text goes out alone", metadata: ["error": "\(error)"])
      }
    }
    var parameters = ScreenPayload.parameters(screen)
    parameters["chat_id"] = .int(chat)
    return try await post("sendMessage", parameters, logger: logger)
  }

  private static func photo(_ screen: Screen, _ logger: Logger) -> TelegramFile? {
    guard let text = screen.qr else { return nil }
    do {
      return TelegramFile(field: "photo", name: "qr.png", type: "image/png", bytes: try QRCode(text).png())
    } catch {
      logger.error("a QR code was not made; the text goes out alone", metadata: ["error": "\(error)"])
      return nil
    }
  }

  /// `sendMessage`, `sendPhoto` or `editMessageText`, at the pace Telegram asks for. When it cannot parse our HTML, the
  /// text goes out without formatting, once: the person should not miss a message for a mistake in a template.
  func post(
    _ method: String, _ parameters: [String: JSONValue], file: TelegramFile? = nil, logger: Logger
  ) async throws(TelegramError) -> JSONValue {
    try await waitForTurn(method)
    do {
      return try await call(method, parameters, file: file)
    } catch {
      switch error.verdict {
      case .cannotParse:
        logger.error("Telegram cannot parse a message's HTML; it goes out plain", metadata: ["error": "\(error)"])
        return try await call(method, ScreenPayload.plain(parameters), file: file)
      case .notSupported:
        logger.notice("the Bot API server does not know a field; it goes out without", metadata: ["error": "\(error)"])
        return try await call(method, ScreenPayload.basic(parameters), file: file)
      case .notModified, .messageGone, .unreachable, .retryAfter, .callbackTooOld, .unauthorized, .otherPoller,
        .webhookIsSet, .transient, .refused:
        throw error
      }
    }
  }

  private func waitForTurn(_ method: String) async throws(TelegramError) {
    let wait = pace.withLock { $0.reserve(at: ContinuousClock.now - start) }
    guard wait > .zero else { return }
    do { try await Task.sleep(for: wait) } catch {
      pace.withLock { $0.giveBack() }
      throw TelegramError(method: method, code: 0, message: "stopped while waiting for its turn", verdict: .transient)
    }
  }

  /// Reads Telegram's envelope. A proxy's HTML page counts as a passing trouble.
  static func result(_ method: String, status: Int, body: [UInt8]) throws(TelegramError) -> JSONValue {
    let json: JSONValue
    do { json = try JSONValue(parsing: body) } catch {
      throw TelegramError(
        method: method, code: status, message: "HTTP \(status) with a body that is not JSON", verdict: .transient)
    }
    if json["ok"]?.bool == true { return json["result"] ?? .null }
    guard json["ok"]?.bool == false else {
      throw TelegramError(method: method, code: status, message: "an answer without 'ok'", verdict: .transient)
    }
    let code = json["error_code"]?.int.flatMap { Int(exactly: $0) } ?? status
    let text = json["description"]?.string ?? "no description"
    throw TelegramError(
      method: method, code: code, message: text,
      verdict: .of(code: code, description: text, retryAfter: json["parameters"]?["retry_after"]?.int))
  }
}
