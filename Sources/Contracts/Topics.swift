import BusKit

/// Every topic of the system, with its readers. Group names are service names.
extension Topic {
  public static let sessionCommands = Topic("session.commands", groups: [.essential(ServiceName.session)])
  public static let orderCommands = Topic("order.commands", groups: [.essential(ServiceName.order)])
  public static let walletCommands = Topic("wallet.commands", groups: [.essential(ServiceName.wallet)])
  public static let txCommands = Topic("tx.commands", groups: [.essential(ServiceName.tx)])
  public static let gatewayCommands = Topic("gateway.commands", groups: [.essential(ServiceName.gateway)])
  public static let monitorCommands = Topic("monitor.commands", groups: [.essential(ServiceName.monitor)])

  /// session-svc is essential here: it is what tells a customer in Telegram how the order goes.
  public static let orderEvents = Topic(
    "order.events",
    groups: [
      .essential(ServiceName.gateway), .essential(ServiceName.session), .observer(ServiceName.monitor),
    ])
  /// session-svc tells customers in Telegram of their deposits.
  public static let walletEvents = Topic(
    "wallet.events",
    groups: [.essential(ServiceName.order), .essential(ServiceName.session), .observer(ServiceName.monitor)])
  /// wallet-svc credits the deposits that tx-svc finds.
  public static let txEvents = Topic(
    "tx.events",
    groups: [.essential(ServiceName.order), .essential(ServiceName.wallet), .observer(ServiceName.monitor)])

  public static let orderQueries = queries(ServiceName.order, "order.queries")
  public static let walletQueries = queries(ServiceName.wallet, "wallet.queries")
  public static let txQueries = queries(ServiceName.tx, "tx.queries")

  private static func queries(_ service: String, _ name: String) -> Topic {
    Topic(name, groups: [.essential(service)], lengthMax: 10_000, isTransient: true)
  }

  /// Every lasting topic, for tools and checks.
  public static let all: [Topic] = [
    sessionCommands, orderCommands, walletCommands, txCommands, gatewayCommands, monitorCommands, orderEvents,
    walletEvents, txEvents,
  ]

  /// Every stream that somebody declares, with those on which operators speak to the services.
  public static let declared: [Topic] =
    all + [orderQueries, walletQueries, txQueries] + ServiceName.all.map { operatorCommands(of: $0) }
    + ServiceName.all.map { operatorQueries(of: $0) }
}

public enum ServiceName {
  public static let gateway = "gateway"
  public static let session = "session-svc"
  public static let wallet = "wallet-svc"
  public static let order = "order-svc"
  public static let tx = "tx-svc"
  public static let monitor = "monitor-svc"

  public static let all = [gateway, session, wallet, order, tx, monitor]
}
