import Hummingbird
import Logging
import NIOCore

/// The HTTP face of a node, and its block producer: one runs exactly as long as the other.
struct Server: Sendable {
  /// java-tron's limit on a request body.
  private static let bodyMaximum = 4 * 1_024 * 1_024

  let node: Node
  let logger: Logger

  /// Serves until cancelled or told to stop by a signal.
  /// - Parameter onListening: called once with the port that was bound.
  func run(onListening: @escaping @Sendable (Int) -> Void) async throws {
    let dispatcher = Dispatcher(node: node, logger: logger)
    let application = Application(
      responder: CallbackResponder<BasicRequestContext> { request, _ in
        await Self.respond(to: request, dispatcher: dispatcher)
      },
      configuration: ApplicationConfiguration(
        address: .hostname(node.options.host, port: node.options.port), serverName: "tron-sim"),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
      logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.runService() }
      group.addTask { try await node.produceBlocks() }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private static func respond(to request: Request, dispatcher: Dispatcher) async -> Response {
    var request = request
    let body: ByteBuffer
    do {
      body = try await request.collectBody(upTo: bodyMaximum)
    } catch {
      return Response(status: .contentTooLarge)
    }
    let query = request.uri.queryParameters.map { (name: String($0.key), value: String($0.value)) }
    let reply = await dispatcher.answer(
      APIRequest(
        method: request.method.rawValue, path: request.uri.path, query: query, body: Array(body.readableBytesView)))
    return Response(
      status: HTTPResponse.Status(code: reply.status), headers: [.contentType: "application/json; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: reply.json.text)))
  }
}
