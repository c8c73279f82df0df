/// What happens to a call at which a fault fires.
enum FaultMode: String, CaseIterable, Sendable {
  // MARK: Any call

  /// Answers 500 and does nothing.
  case dropBefore = "drop_before"
  /// Does it and answers 500.
  case dropAfter = "drop_after"
  /// Answers java-tron's internal error (a NullPointerException) with status 200 and does nothing.
  case error
  /// Waits, then does it.
  case delay
  /// Does it at once and answers late.
  case slow
  /// Answers as an overloaded node does, and does nothing: SERVER_BUSY to a broadcast, to others "lack of computing
  /// resources".
  case busy
  /// "lack of computing resources" with status 200, to any call.
  case overloaded
  /// TronGrid's answers to too many calls, with their statuses; nothing is done.
  case http429 = "http_429"
  case http403 = "http_403"
  case http503 = "http_503"
  /// The same text with status 200.
  case suspended
  /// A proxy's page in place of an answer.
  case http500 = "http_500"
  /// The connection is closed in the middle of an answer. A broadcast is not taken.
  case cut
  /// No answer until `delay_ms` are over, then the connection is closed. Nothing is done.
  case hang

  // MARK: Broadcasts

  case noConnection = "no_connection"
  case fewConnections = "not_enough_effective_connection"
  case unsolidified = "block_unsolidified"
  case otherError = "other_error"
  /// As a node that has not got the reference block: sent again, the transaction is a duplicate.
  case rejectThenDuplicate = "tapos_error"
  /// SUCCESS, and the transaction is thrown away.
  case acceptAndDrop = "accept_and_drop"
  /// Takes the transaction and hangs.
  case acceptAndTimeOut = "accept_and_time_out"
  /// Takes the transaction and closes the connection in the middle of the answer.
  case acceptAndCut = "accept_and_cut"

  // MARK: Reads

  /// `{}` for a transaction that is in a block, or `[]` for a block's infos, until the block is `delay_ms` old.
  case stale

  var isForBroadcasts: Bool {
    switch self {
    case .noConnection, .fewConnections, .unsolidified, .otherError, .rejectThenDuplicate, .acceptAndDrop,
      .acceptAndTimeOut, .acceptAndCut: true
    default: false
    }
  }

  /// Unless the fault says otherwise.
  var delayMs: Int64 {
    switch self {
    case .hang, .acceptAndTimeOut: 30_000
    case .slow: 1_000
    case .stale: 5_000
    default: 0
    }
  }

  /// What the node does with a broadcast transaction.
  var act: BroadcastAct {
    switch self {
    case .acceptAndDrop: .drop
    case .busy: .refuse(.busy, remembering: false)
    case .noConnection:
      .refuse(Refusal(code: .noConnection, message: "No connection."), remembering: false)
    case .fewConnections:
      .refuse(
        Refusal(code: .fewConnections, message: "Effective connection:0 lt minEffectiveConnection:1"),
        remembering: false)
    case .unsolidified:
      .refuse(Refusal(code: .unsolidified, message: "Block unsolidified."), remembering: false)
    case .otherError:
      .refuse(Refusal(code: .other, message: "Error: java.util.concurrent.TimeoutException"), remembering: true)
    case .rejectThenDuplicate: .refuse(.tapos, remembering: true)
    default: .take
    }
  }

  /// The answer that is given in place of the call's own, when nothing is done.
  func refusal(seconds: Int64, isBroadcast: Bool) -> APIReply? {
    let limit = "the query server is suspended for \(seconds)"
    switch self {
    case .dropBefore: return APIReply(["error": "dropped"], status: 500)
    case .error: return APIError.nullPointer.reply
    case .overloaded: return APIError.overloaded.reply
    case .busy: return isBroadcast ? nil : APIError.overloaded.reply
    case .http429:
      return APIReply(["Error": .string("The key exceeds the frequency limit(15), and \(limit)s")], status: 429)
    case .suspended: return APIReply(["Error": .string("The key exceeds the frequency limit(15), and \(limit)s")])
    case .http403:
      return APIReply(
        [
          "Success": false, "Error": .string("The key exceeds the frequency limit(15), and \(limit)s"),
          "StatusCode": 403,
        ], status: 403)
    case .http503:
      return APIReply(
        [
          "Error": .string(
            "request rate exceeded the allowed_rps(3), and \(limit) s. To obtain higher request quotas...")
        ], status: 503)
    case .http500:
      let title = "500 Internal Server Error"
      return APIReply(
        page: "<html><head><title>\(title)</title></head><body><center><h1>\(title)</h1></center></body></html>",
        status: 500)
    default: return nil
    }
  }
}
