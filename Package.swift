// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
]

// Libraries of other people, each with its reason in README.md.
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let tracing: Target.Dependency = .product(name: "Tracing", package: "swift-distributed-tracing")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// Each service is one executable target named after its folder; its tests import that target directly.
func service(_ name: String, _ product: [Target.Dependency] = []) -> Target {
  .executableTarget(
    name: name, dependencies: ["BusKit", "Contracts", "TronKit", logging] + product, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: "\(name)Tests", dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
  name: "tron-energy-assistant",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "BusKit", targets: ["BusKit"]),
    .library(name: "BusKitTesting", targets: ["BusKitTesting"]),
    .library(name: "TronKit", targets: ["TronKit"]),
    .executable(name: "gateway", targets: ["Gateway"]),
    .executable(name: "session-svc", targets: ["SessionSvc"]),
    .executable(name: "wallet-svc", targets: ["WalletSvc"]),
    .executable(name: "order-svc", targets: ["OrderSvc"]),
    .executable(name: "tx-svc", targets: ["TxSvc"]),
    .executable(name: "monitor-svc", targets: ["MonitorSvc"]),
    .executable(name: "tron-sim", targets: ["TronSim"]),
    .executable(name: "telegram-sim", targets: ["TelegramSim"]),
    .executable(name: "energyctl", targets: ["EnergyCtl"]),
    .executable(name: "bus-bench", targets: ["BusBench"]),
    .executable(name: "chain-bench", targets: ["ChainBench"]),
    .executable(name: "wallet-bench", targets: ["WalletBench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.3"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
  ],
  targets: [
    .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
    .systemLibrary(name: "CLibpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
    .systemLibrary(
      name: "CSecp256k1", providers: [.apt(["libsecp256k1-dev"]), .brew(["secp256k1"])]),
    .systemLibrary(name: "CQrencode", providers: [.apt(["libqrencode-dev"]), .brew(["qrencode"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),

    .target(name: "Redis", dependencies: ["CHiredis"], swiftSettings: settings),
    .target(name: "Postgres", dependencies: ["CLibpq"], swiftSettings: settings),
    .target(name: "HTTPClient", dependencies: ["CCurl"], swiftSettings: settings),
    .target(
      name: "BusKit", dependencies: ["Redis", "Postgres", logging, metrics, tracing, lifecycle, hummingbird, crypto],
      swiftSettings: settings),
    .target(
      name: "BusKitExamples", dependencies: ["BusKit", "Redis", "Postgres", logging], path: "Examples/BusKit",
      swiftSettings: settings),
    .target(name: "BusKitTesting", dependencies: ["BusKit", logging], swiftSettings: settings),
    .target(name: "TronKit", dependencies: ["CSecp256k1", "HTTPClient", crypto], swiftSettings: settings),
    .target(
      name: "TronKitExamples", dependencies: ["TronKit", "HTTPClient"], path: "Examples/TronKit",
      swiftSettings: settings),
    .target(name: "RequestBudgets", dependencies: ["BusKit", "Redis", "TronKit"], swiftSettings: settings),
    .target(name: "Contracts", dependencies: ["BusKit", "TronKit", crypto], swiftSettings: settings),

    .target(name: "QRCode", dependencies: ["CQrencode", "CZlib"], swiftSettings: settings),

    service("Gateway", [hummingbird, crypto, "HTTPClient", "QRCode"]),
    service("SessionSvc"),
    service("WalletSvc", ["HTTPClient", "RequestBudgets", crypto]),
    service("OrderSvc", [crypto]),
    service("TxSvc", ["RequestBudgets", crypto, cryptoExtras]),
    service("MonitorSvc"),

    .executableTarget(name: "TronSim", dependencies: ["CSecp256k1", hummingbird, nioCore, logging, lifecycle, crypto], swiftSettings: settings),
    .executableTarget(name: "TelegramSim", dependencies: [hummingbird, nioCore, logging, lifecycle], swiftSettings: settings),
    .executableTarget(
      name: "EnergyCtl", dependencies: ["BusKit", "Contracts", "TronKit", "HTTPClient", arguments, crypto, logging], swiftSettings: settings),

    .executableTarget(
      name: "BusBench", dependencies: ["BenchKit", "BusKit", "Redis", "Postgres", logging], path: "Benchmarks/BusBench",
      swiftSettings: settings),

    .target(name: "BenchKit", path: "Benchmarks/BenchKit", swiftSettings: settings),
    .executableTarget(
      name: "ChainBench",
      dependencies: ["BenchKit", "TronKit", "CSecp256k1", "Contracts", "BusKit", "Redis", "Postgres", "HTTPClient", crypto, logging],
      path: "Benchmarks/ChainBench", swiftSettings: settings),

    .executableTarget(
      name: "WalletBench",
      dependencies: ["BenchKit", "Contracts", "BusKit", "TronKit", "Redis", logging], path: "Benchmarks/WalletBench",
      swiftSettings: settings),

    tests("Redis", ["Redis", "TestKit"]),
    tests("Postgres", ["Postgres", "TestKit"]),
    tests("HTTPClient", ["HTTPClient", "TestKit"]),
    tests("BusKit", [.product(name: "InMemoryTracing", package: "swift-distributed-tracing"), "BusKit", "BusKitTesting", "BusProbe", "Redis", "Postgres", "TestKit"],
      exclude: ["Vectors"]),
    .executableTarget(name: "BusProbe", dependencies: ["BusKit", "Postgres"], path: "Tests/BusProbe", swiftSettings: settings),
    tests("TronKit", ["TronKit", crypto, "HTTPClient", "TestKit"], exclude: ["Vectors"]),
    tests("Contracts", ["Contracts", crypto, "BusKit", "TronKit"], exclude: ["Vectors"]),
    tests("Gateway", ["Gateway", crypto, hummingbird, "Contracts", "BusKit", "TronKit", "TestKit"]),
    tests("SessionSvc", ["SessionSvc", "TronKit", "Contracts", "BusKit", "TestKit"]),
    tests("QRCode", ["QRCode", "TestKit"]),
    tests("WalletSvc", ["WalletSvc", crypto, "BusKitTesting", "TronKit", "HTTPClient", "Contracts", "BusKit", "Redis", "Postgres", "TestKit"]),
    tests(
      "WalletStorm",
      ["WalletSvc", nioCore, nioPosix, crypto, "Contracts", "BusKit", "TronKit", "Redis", "Postgres", "HTTPClient", "TestKit"]),
    tests("OrderSvc", ["OrderSvc", crypto, "BusKitTesting", "TronKit", "Contracts", "BusKit", "Postgres", "TestKit"]),
    tests("TxSvc", ["TxSvc", "HTTPClient", crypto, "Contracts", "BusKit", "TronKit", "Postgres", "TestKit"]),
    tests("MonitorSvc", ["MonitorSvc", "TronKit", "Contracts", "BusKit", "TestKit"]),
    tests("RequestBudgets", ["RequestBudgets", "Redis", "TronKit", "TestKit"]),
    tests("TronSim", ["TronSim", "TestKit"], exclude: ["Vectors"]),
    tests("TelegramSim", ["TelegramSim", "TestKit"]),
    tests("EnergyCtl", ["EnergyCtl", "Contracts", "BusKit", "TronKit", "Redis", "Postgres", "TestKit"]),
    tests("EndToEnd", [crypto, "Contracts", "BusKit", "TronKit", "Redis", "Postgres", "HTTPClient", "TestKit"]),
    tests(
      "ChainStorm", [crypto, "Contracts", "BusKit", "TronKit", "Redis", "Postgres", "HTTPClient", "TestKit"]),
    tests("Examples", ["BusKitExamples", "TronKitExamples", "TronKit", "BusKit", "BusKitTesting", "Redis", "TestKit"]),
    tests("Tidy", []),
    .target(name: "TestKit", dependencies: ["Redis", "Postgres", lifecycle, logging], path: "Tests/TestKit", swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
