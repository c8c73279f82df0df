import Foundation
import HTTPTypes
import Hummingbird

/// Answers `/bot<token>/<method>` in Telegram's envelope, by GET or POST. The token leaves this file as a bot id only.
struct BotAPIMiddleware<Context: RequestContext>: RouterMiddleware {
  let simulator: Simulator

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let path = request.uri.path.removingPercentEncoding ?? request.uri.path
    guard path.hasPrefix("/bot") || path.hasPrefix("/file/bot") else { return try await next(request, context) }
    do {
      if path.hasPrefix("/file/") { return try file(String(path.dropFirst("/file/bot".count))) }
      let answer = try await answer(request, path)
      return try jsonResponse(
        .object(compact: [
          "ok": true, "result": answer.result, "description": answer.description.map(JSON.string),
        ]))
    } catch let failure as BotAPIError {
      return try Self.response(failure)
    } catch is BodyTooLarge {
      return try Self.response(BotAPIError(413, "Request Entity Too Large"))
    }
  }

  private func answer(_ request: Request, _ path: String) async throws -> BotMethods.Answer {
    let parts = path.dropFirst("/bot".count).split(separator: "/", omittingEmptySubsequences: false)
    guard let token = parts.first, let bot = BotToken.botID(token) else { throw BotAPIError.invalidToken }
    guard parts.count == 2, !parts[1].isEmpty else { throw BotAPIError.notFound }
    guard request.method == .get || request.method == .post else { throw BotAPIError(405, "Method Not Allowed") }
    let parameters = try Parameters(
      query: request.uri.query ?? "", contentType: request.headers[.contentType], body: try await request.bytes())
    return try await simulator.call(bot: bot, method: String(parts[1]), parameters)
  }

  /// `<token>/<file_path>`.
  private func file(_ rest: String) throws -> Response {
    let parts = rest.split(separator: "/", maxSplits: 1)
    guard let token = parts.first, BotToken.botID(token) != nil else { throw BotAPIError.invalidToken }
    guard parts.count == 2, let id = PhotoMethods.fileID(path: String(parts[1])),
      let found = try simulator.with({ $0.state.shelf.find(id) })
    else { throw BotAPIError.notFound }
    return pngResponse(found.bytes)
  }

  private static func response(_ failure: BotAPIError) throws -> Response {
    var response = try jsonResponse(
      .object(compact: [
        "ok": false, "error_code": .integer(failure.code), "description": .string(failure.description),
        "parameters": failure.retryAfter.map { ["retry_after": .integer($0)] },
      ]),
      status: failure.code)
    if let seconds = failure.retryAfter { response.headers[.retryAfter] = String(seconds) }
    return response
  }
}
