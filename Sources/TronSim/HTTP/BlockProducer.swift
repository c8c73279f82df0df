import ServiceLifecycle

/// Makes blocks as long as the server runs.
struct BlockProducer: Service {
  let node: Node

  func run() async throws {
    try await cancelWhenGracefulShutdown { try await node.produceBlocks() }
  }
}
