/// The body of a connection's thread: takes what waits, sends it as one pipeline, hands out the replies in order.
struct RedisWorker {
  let configuration: RedisConfiguration
  let queue: RedisQueue

  func run() {
    // Kept out of `take`'s loop variables: the context must not outlive this thread.
    var link: RedisLink?
    while let batch = queue.take() {
      do {
        if let known = link, known.isStale { drop(&link) }
        if link == nil { link = try open() }
      } catch {
        for request in batch { queue.finish(request, with: .failure(error)) }
        continue
      }
      if let open = link, !exchange(batch, over: open) { drop(&link) }
    }
    drop(&link)
    queue.finishThread()
  }

  private func drop(_ link: inout RedisLink?) {
    queue.detachSocket()
    link = nil
  }

  /// True when every reply came; otherwise the rest of the batch has failed and the link is of no more use.
  private func exchange(_ batch: [RedisQueue.Request], over link: RedisLink) -> Bool {
    var answered = 0
    do {
      try link.write(batch.count == 1 ? batch[0].bytes : Self.joined(batch))
      for request in batch {
        queue.finish(request, with: .success(try link.read(request.count)))
        answered += 1
      }
      return true
    } catch {
      for request in batch[answered...] { queue.finish(request, with: .failure(error)) }
      return false
    }
  }

  private static func joined(_ batch: [RedisQueue.Request]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(batch.reduce(0) { $0 + $1.bytes.count })
    for request in batch { bytes.append(contentsOf: request.bytes) }
    return bytes
  }

  /// Connects, authenticates and names the connection.
  private func open() throws -> RedisLink {
    let link = try RedisLink(configuration)
    guard queue.attachSocket(link.socket) else { throw RedisError(.closed, "The connection was closed.") }
    do {
      try greet(link)
    } catch {
      queue.detachSocket()
      throw error
    }
    queue.countConnection()
    return link
  }

  private func greet(_ link: RedisLink) throws {
    if let password = configuration.password {
      let words = [configuration.user, password].compactMap { $0 }
      try expectOK(link, RedisCommand([RedisWord("AUTH")] + words.map { RedisWord($0) }), "AUTH")
    }
    let name = String(configuration.clientName.map { $0.isASCII && !$0.isWhitespace ? $0 : "-" })
    try expectOK(link, RedisCommand("CLIENT", "SETNAME", RedisWord(name)), "CLIENT SETNAME")
  }

  private func expectOK(_ link: RedisLink, _ command: RedisCommand, _ name: String) throws {
    try link.write(command.bytes)
    do {
      try link.read(1).cursor.check()
    } catch let error as RedisServerError {
      throw RedisError(
        .connection, "\(configuration.address) refused \(name): \(error.message). Check user and password.")
    }
  }
}
