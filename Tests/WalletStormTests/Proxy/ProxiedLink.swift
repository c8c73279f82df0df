import NIOCore
import Synchronization

/// One connection through the proxy. Confined to its event loop.
final class ProxiedLink {
  private let client: any Channel
  private let server: any Channel
  private let proxy: PostgresProxy
  private var reader = FrontendReader()
  /// Set while the answer to a commit is being swallowed.
  private var commit: CommitReader?
  private var isCut = false

  init(client: any Channel, server: any Channel, proxy: PostgresProxy) {
    self.client = client
    self.server = server
    self.proxy = proxy
  }

  func fromClient(_ bytes: ByteBuffer) {
    guard !isCut else { return }
    reader.append(bytes)
    while !isCut, let step = reader.next() {
      switch step {
      case .message(let message): server.write(message, promise: nil)
      case .execute(let message, let sql, let number): execute(message, sql, number)
      }
    }
    server.flush()
  }

  private func execute(_ message: ByteBuffer, _ sql: String, _ number: Int?) {
    let cut = number.flatMap { number in proxy.state.withLock { $0.cut(at: sql, number: number) } }
    switch cut {
    case nil: server.write(message, promise: nil)
    case .before, .beforeKind: end("before \(StatementKind.of(sql))")
    case .atCommit:
      server.write(message, promise: nil)
      end("commit in flight")
    case .afterCommit:
      server.write(message, promise: nil)
      commit = CommitReader()
    }
  }

  func fromServer(_ bytes: ByteBuffer) {
    guard !isCut else { return }
    guard var waiting = commit else { return client.writeAndFlush(bytes, promise: nil) }
    waiting.append(bytes)
    switch waiting.next() {
    case nil: commit = waiting
    case .committed: end("commit unanswered")
    case .notCommitted:
      commit = nil
      client.writeAndFlush(waiting.all, promise: nil)
    }
  }

  /// For the client the connection is lost; the server reads what it was sent, and then the end.
  private func end(_ name: String) {
    isCut = true
    let proxy = proxy
    proxy.state.withLock { state in
      state.tally.cuts[name, default: 0] += 1
      state.ending += 1
    }
    server.closeFuture.whenComplete { _ in proxy.state.withLock { $0.ending -= 1 } }
    server.flush()
    server.close(mode: .output, promise: nil)
    client.close(promise: nil)
  }

  func clientHasGone() {
    guard !isCut else { return }
    server.close(promise: nil)
  }

  func serverHasGone() { client.close(promise: nil) }
}

extension PostgresProxy.State {
  /// Counts a statement that is about to be sent; answers whether the connection ends at it. Each cut happens once.
  mutating func cut(at sql: String, number: Int) -> ProxyCut? {
    let kind = StatementKind.of(sql)
    tally.statements[kind, default: 0] += 1
    count = number
    if sql == "commit" { tally.transactions += 1 }
    let isHere =
      switch armed {
      case nil: false
      case .before(let statement): statement == number
      case .beforeKind(let wanted): wanted == kind
      case .atCommit, .afterCommit: sql == "commit"
      }
    defer { if isHere { armed = nil } }
    return isHere ? armed : nil
  }
}
