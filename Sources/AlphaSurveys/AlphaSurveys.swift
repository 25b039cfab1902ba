public func probe() -> Int { PackageResources.harmonisation_json.count }
