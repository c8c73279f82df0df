import BusKit
import HTTPTypes
import Hummingbird
import Logging
import Postgres
import Redis

/// Turns every error into `application/problem+json`: ours and those of the HTTP server itself (404, 400 …).
struct ProblemMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext
  let logger: Logger

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let requestID = RequestID.of(request)
      return try APIAnswer(Self.problem(for: error, requestID: requestID, logger: logger), requestID: requestID)
        .response(requestID: requestID)
    }
  }

  static func problem(for error: any Error, requestID: String, logger: Logger) -> Problem {
    if let problem = error as? Problem { return problem }
    if let failure = error as? QueryFailure, failure.isNoAnswer {
      return .unavailable("The answer did not come in time; nothing was changed.")
    }
    if (error as? PostgresError)?.code == .commitUnknown {
      logger.warning("a request's outcome is unknown", metadata: ["request_id": "\(requestID)", "error": "\(error)"])
      return .outcomeUnknown("It is not known whether the request was carried out; send it again.")
    }
    if error is RedisError || (error as? PostgresError)?.isConnectionLoss == true {
      logger.warning(
        "a request found no bus or no database", metadata: ["request_id": "\(requestID)", "error": "\(error)"])
      return .unavailable("A part of the service is away; nothing was changed.")
    }
    if let error = error as? any HTTPResponseError { return problem(status: error.status) }
    logger.error("a request failed", metadata: ["request_id": "\(requestID)", "error": "\(error)"])
    return .internalError
  }

  private static func problem(status: HTTPResponse.Status) -> Problem {
    switch status.code {
    case 404: .notFound("There is nothing at this path.")
    case 413: .bodyTooLarge(limitBytes: RestLimits().bodyBytesMax)
    case 400..<500: Problem(status.code, "bad_request", status.reasonPhrase, "The request cannot be read.")
    default: .internalError
    }
  }
}
