/// The body of a connection's thread: takes what waits, sends it as one pipeline, hands out the replies in order.
struct RedisWorker {
  let configuration: RedisConfiguration
  let queue: RedisQueue

  func run() {
    // Kept out of `take`'s loop variables: the context must not outlive this thread.
    var link: RedisLink?
    while let batch = queue.take() {
      do {
        if link?.isStale ?? true {
          drop(&link)
          link = try open()
        }
      } catch {
        for request in batch { queue.finish(request, with: .failure(error)) }
        continue
      }
      guard let open = link.take() else { continue }
      if exchange(batch, over: open) {
        link = consume open
      } else {
        queue.detachSocket()
        _ = consume open
      }
    }
    drop(&link)
    queue.finishThread()
  }

  private func drop(_ link: inout RedisLink?) {
    queue.detachSocket()
    link = nil
  }

  /// True when every reply came; otherwise the rest of the batch has failed and the link is of no more use.
  private func exchange(_ batch: [RedisQueue.Request], over link: borrowing RedisLink) -> Bool {
    var answered = 0
    do {
      try link.write(batch.count == 1 ? batch[0].bytes : Array(batch.map(\.bytes).joined()))
      for request in batch {
        var replies: [RedisValue] = []
        replies.reserveCapacity(request.count)
        for _ in 0..<request.count { replies.append(try link.read()) }
        queue.finish(request, with: .success(replies))
        answered += 1
      }
      return true
    } catch {
      for request in batch[answered...] { queue.finish(request, with: .failure(error)) }
      return false
    }
  }

  /// Connects, authenticates and names the connection.
  private func open() throws -> RedisLink {
    let link = try RedisLink(configuration)
    guard queue.attachSocket(link.socket) else { throw RedisError(.closed, "The connection was closed.") }
    do {
      try greet(link)
    } catch {
      queue.detachSocket()
      _ = consume link
      throw error
    }
    queue.countConnection()
    return link
  }

  private func greet(_ link: borrowing RedisLink) throws {
    if let password = configuration.password {
      let words = [configuration.user, password].compactMap { $0 }
      try expectOK(link, RedisCommand([RedisWord("AUTH")] + words.map { RedisWord($0) }), "AUTH")
    }
    let name = String(configuration.clientName.map { $0.isASCII && !$0.isWhitespace ? $0 : "-" })
    try expectOK(link, RedisCommand("CLIENT", "SETNAME", RedisWord(name)), "CLIENT SETNAME")
  }

  private func expectOK(_ link: borrowing RedisLink, _ command: RedisCommand, _ name: String) throws {
    try link.write(command.bytes)
    if case .error(let error) = try link.read() {
      throw RedisError(
        .connection, "\(configuration.address) refused \(name): \(error.message). Check user and password.")
    }
  }
}
