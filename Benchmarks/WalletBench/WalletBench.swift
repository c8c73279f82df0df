/// Measures wallet-svc.
@main
struct WalletBench {
  static func main() {}
}
