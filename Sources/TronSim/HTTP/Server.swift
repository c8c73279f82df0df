import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP faces of the nodes, and the block producer: all run exactly as long as each other.
struct Server: Sendable {
  /// java-tron's limit on a request body.
  private static let bodyMaximum = 4 * 1_024 * 1_024

  /// Ends an answer by closing its connection.
  private struct Cut: Error {}

  let node: Node
  let logger: Logger

  /// The server as a service: it ends with the group it is part of or, if asked to, at SIGTERM and SIGINT.
  /// - Parameter onListening: called once, when every node listens, with the port of the first.
  func service(
    obeysSignals: Bool = false, onListening: @escaping @Sendable (Int) -> Void
  ) -> ServiceGroup {
    let applications = (0..<node.options.nodes).map { application(index: $0, onListening: onListening) }
    let parts: [any Service] = applications + [BlockProducer(node: node)]
    return ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: parts.map {
          .init(
            service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
        }, gracefulShutdownSignals: obeysSignals ? [.sigterm, .sigint] : [], logger: logger))
  }

  private func application(index: Int, onListening: @escaping @Sendable (Int) -> Void) -> any Service {
    let dispatcher = Dispatcher(node: node, index: index, logger: logger)
    let address = node.options.address(ofNode: index)
    let node = node
    return Application(
      responder: CallbackResponder<BasicRequestContext> { request, _ in
        await Self.respond(to: request, dispatcher: dispatcher)
      },
      configuration: ApplicationConfiguration(
        address: .hostname(address.host, port: address.port), serverName: "tron-sim"),
      onServerRunning: { channel in
        if let first = node.listens(node: index, on: channel.localAddress?.port ?? 0) { onListening(first) }
      },
      logger: logger)
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
      status: HTTPResponse.Status(code: reply.status), headers: [.contentType: reply.contentType],
      body: Self.body(of: reply))
  }

  private static func body(of reply: APIReply) -> ResponseBody {
    let whole = ByteBuffer(string: reply.text)
    if case .complete = reply.ending { return ResponseBody(byteBuffer: whole) }
    let sent = if case .cut = reply.ending { whole.readableBytes / 2 } else { 0 }
    return ResponseBody(contentLength: whole.readableBytes) { writer in
      if sent > 0 { try await writer.write(whole.getSlice(at: whole.readerIndex, length: sent) ?? ByteBuffer()) }
      throw Cut()
    }
  }
}
