import Testing

@testable import WalletSvc
