import BusKit
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestKit

/// Stands between a client and its Postgres, on a unix socket, and cuts a connection at a chosen statement.
final class PostgresProxy: Sendable {
  struct State {
    var armed: ProxyCut?
    var tally = ProxyTally()
    /// Statements of the transaction that was begun last.
    var count = 0
    /// Connections that were cut and that the server has not ended yet.
    var ending = 0
  }

  let state = Mutex(State())
  private let folder: String
  private let upstream: String
  private let listener: Mutex<(any Channel)?> = Mutex(nil)

  /// - Parameter upstream: the folder of the server's socket.
  static func start(upstream: String) async throws -> PostgresProxy {
    let proxy = PostgresProxy(upstream: upstream)
    try FileManager.default.createDirectory(
      atPath: proxy.folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    try await proxy.listen()
    return proxy
  }

  private init(upstream: String) {
    folder = "/tmp/energy-proxy-\(UUID.v7().text.suffix(12))"
    self.upstream = "\(upstream)/.s.PGSQL.5432"
  }

  /// The server's connection string, by way of this proxy.
  func conninfo(_ direct: String) -> String {
    direct.split(separator: " ").map { $0.hasPrefix("host=") ? "host=\(folder)" : String($0) }.joined(separator: " ")
  }

  var tally: ProxyTally { state.withLock { $0.tally } }

  /// How many statements the transaction before had.
  var statementCount: Int { state.withLock { $0.count } }

  /// The next transaction is cut there; nil: it is not.
  func arm(_ cut: ProxyCut?) { state.withLock { $0.armed = cut } }

  /// Returns when the server has ended every session that was cut: what it was given, it has carried out or rolled
  /// back.
  func settled() async throws {
    try await eventually(within: .seconds(30), "the server has ended what was cut") {
      state.withLock { $0.ending == 0 }
    }
  }

  func stop() async throws {
    try await listener.withLock { $0 }?.close()
    try FileManager.default.removeItem(atPath: folder)
  }

  private func listen() async throws {
    let upstream = upstream
    let channel = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { client in
        // On the client's loop: what belongs to a connection is touched by one thread.
        ClientBootstrap(group: client.eventLoop)
          .connect(unixDomainSocketPath: upstream)
          .flatMapThrowing { server in
            let link = ProxiedLink(client: client, server: server, proxy: self)
            try client.pipeline.syncOperations.addHandler(ClientSide(link))
            try server.pipeline.syncOperations.addHandler(ServerSide(link))
          }
          .flatMap { client.setOption(.autoRead, value: true) }
      }
      .bind(unixDomainSocketPath: "\(folder)/.s.PGSQL.5432").get()
    listener.withLock { $0 = channel }
  }
}

private final class ClientSide: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let link: ProxiedLink
  init(_ link: ProxiedLink) { self.link = link }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { link.fromClient(unwrapInboundIn(data)) }
  func channelInactive(context: ChannelHandlerContext) { link.clientHasGone() }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class ServerSide: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let link: ProxiedLink
  init(_ link: ProxiedLink) { self.link = link }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { link.fromServer(unwrapInboundIn(data)) }
  func channelInactive(context: ChannelHandlerContext) { link.serverHasGone() }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
