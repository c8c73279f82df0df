import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP face of a node, and its block producer: one runs exactly as long as the other.
struct Server: Sendable {
  /// java-tron's limit on a request body.
  private static let bodyMaximum = 4 * 1_024 * 1_024

  let node: Node
  let logger: Logger

  /// The server as a service: it ends with the group it is part of or, if asked to, at SIGTERM and SIGINT.
  /// - Parameter onListening: called once with the port that was bound.
  func service(
    obeysSignals: Bool = false, onListening: @escaping @Sendable (Int) -> Void
  ) -> ServiceGroup {
    let dispatcher = Dispatcher(node: node, logger: logger)
    let application = Application(
      responder: CallbackResponder<BasicRequestContext> { request, _ in
        await Self.respond(to: request, dispatcher: dispatcher)
      },
      configuration: ApplicationConfiguration(
        address: .hostname(node.options.host, port: node.options.port), serverName: "tron-sim"),
      onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
      logger: logger)
    let parts: [any Service] = [application, BlockProducer(node: node)]
    return ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: parts.map {
          .init(
            service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
        }, gracefulShutdownSignals: obeysSignals ? [.sigterm, .sigint] : [], logger: logger))
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
