import TronKit

/// Sends one transaction's bytes to a node and, when that one is slow to answer, to the next one as well. The same
/// bytes cannot take effect twice, so more nodes are only more ways to a block.
struct HedgedBroadcast: Sendable {
  struct Answer: Sendable {
    let sendingID: String
    let outcome: BroadcastOutcome
  }

  /// A node that has not answered for this long is joined by the next one.
  static let hedgeAfter: Duration = .milliseconds(400)
  /// Nodes that may be asked at the same time.
  static let nodesMax = 3

  /// Commits the row without which no byte leaves for this node; nil when nothing is to be sent any more.
  let announce: @Sendable (TronNodeClient) async throws -> String?

  private enum Event: Sendable {
    case answered(Answer)
    case late
  }

  /// Ends with the first node that took it, or when all that were asked have answered. A sending that was cut short for
  /// that may have arrived: its outcome is unknown.
  /// - Returns: one answer for each row that was announced; none when nothing was to be sent.
  func send(_ signed: SignedTransaction, to nodes: [TronNodeClient]) async throws -> [Answer] {
    var waiting = nodes.prefix(Self.nodesMax)[...]
    return try await withThrowingTaskGroup(of: Event.self) { group in
      var answers: [Answer] = []
      var underWay = 0
      func sendToNext() async throws {
        guard let node = waiting.popFirst(), let id = try await announce(node) else {
          waiting = []
          return
        }
        underWay += 1
        group.addTask { .answered(Answer(sendingID: id, outcome: await node.broadcast(signed))) }
        guard !waiting.isEmpty else { return }
        group.addTask {
          do {
            try await Task.sleep(for: Self.hedgeAfter)
          } catch is CancellationError {
            // Somebody answered: nobody is late any more.
          }
          return .late
        }
      }
      try await sendToNext()
      while underWay > 0, let event = try await group.next() {
        switch event {
        case .answered(let answer):
          answers.append(answer)
          underWay -= 1
          if answer.outcome == .accepted { waiting = [] }
          if answer.outcome == .accepted || underWay == 0 { group.cancelAll() }
        case .late: try await sendToNext()
        }
      }
      return answers
    }
  }
}
