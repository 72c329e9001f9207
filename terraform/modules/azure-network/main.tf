# Nodes have private addresses only and reach the internet through a NAT gateway.
resource "azurerm_virtual_network" "this" {
  name                = var.name
  resource_group_name = var.place.resource_group
  location            = var.place.location
  address_space       = [cidrsubnet(var.cidr, 1, 0)]
  tags                = var.place.tags
}

resource "azurerm_subnet" "nodes" {
  name                            = "nodes"
  resource_group_name             = var.place.resource_group
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = [cidrsubnet(var.cidr, 1, 0)]
  default_outbound_access_enabled = false

  # The file store lets in only whoever comes this way.
  service_endpoint {
    service = "Microsoft.Storage"
  }
}

resource "azurerm_public_ip" "nat" {
  name                = "${var.name}-nat"
  resource_group_name = var.place.resource_group
  location            = var.place.location
  allocation_method   = "Static"
  sku                 = "Standard"
  tags                = var.place.tags
}

resource "azurerm_nat_gateway" "this" {
  name                = var.name
  resource_group_name = var.place.resource_group
  location            = var.place.location
  sku_name            = "Standard"
  tags                = var.place.tags
}

resource "azurerm_nat_gateway_public_ip_association" "this" {
  nat_gateway_id       = azurerm_nat_gateway.this.id
  public_ip_address_id = azurerm_public_ip.nat.id
}

resource "azurerm_subnet_nat_gateway_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  nat_gateway_id = azurerm_nat_gateway.this.id
}

# Where the hubs' domains point to; it stays when the ingress controller is made anew.
resource "azurerm_public_ip" "ingress" {
  name                = "${var.name}-ingress"
  resource_group_name = var.place.resource_group
  location            = var.place.location
  allocation_method   = "Static"
  sku                 = "Standard"
  tags                = var.place.tags
}
